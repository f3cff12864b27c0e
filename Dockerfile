# golive as one small image: the service with its record on the volume /data.
#   docker build -t golive .
#   docker run -d --name golive --env-file golive.env -p 8080:8080 -v golive-data:/data golive
# Every package is checked against its hash. The second stage runs nothing, so nothing of the build is left in it.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements/runtime.lock requirements/build.lock requirements/
RUN python -m venv --without-pip /opt/golive \
 && python -m venv /opt/build \
 && /opt/build/bin/pip --python /opt/golive/bin/python install --require-hashes -r requirements/runtime.lock \
 && /opt/build/bin/pip install --require-hashes -r requirements/build.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY bot/ bot/
COPY templates/ templates/
RUN /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir /src/dist . \
 && /opt/build/bin/pip --python /opt/golive/bin/python install --no-index --no-deps /src/dist/*.whl \
 && mkdir -p /src/data

FROM python:3.13-slim
COPY --from=build /opt/golive /opt/golive
COPY --from=build --chown=10001:10001 /src/data /data
ENV PATH=/opt/golive/bin:$PATH \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GOLIVE_DATABASE_URL=sqlite:////data/golive.db \
    GOLIVE_LISTEN=0.0.0.0:8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/live', timeout=4)"]
ENTRYPOINT ["golive"]
CMD ["serve"]
