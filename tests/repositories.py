"""Small repositories as tables of files, for what looks at repositories. Add one as a row of `REPOSITORIES`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CI = """\
on: {push: {branches: [main]}, pull_request: }
jobs:
  test:
    runs-on: ubuntu-latest
    strategy: {matrix: {python: ["3.11", "3.13"]}}
    steps: [{run: pytest --junitxml=reports/junit.xml}]
  lint:
    name: Linters
    runs-on: ubuntu-latest
    steps: [{run: make lint}]
  nightly:
    if: github.event_name == 'schedule'
    runs-on: ubuntu-latest
    steps: [{run: make long}]
"""
ORIGIN = '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://x-access-token:s3cret@github.com/acme/{name}.git\n'
API = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "http://localhost:8080"}, {url: "https://shop.acme.io/api"}]
paths:
  /orders: {get: {responses: {"200": {description: fine}}}}
  /healthz: {get: {responses: {"200": {description: fine}}}}
"""
COMPOSE = """\
services:
  web:
    build: .
    ports: ["8080:80", "127.0.0.1:9090:9090"]
    healthcheck: {test: ["CMD", "curl", "-f", "http://localhost:80/up"]}
  db: {image: postgres}
"""
RULES = """\
groups:
  - name: shop
    rules:
      - {alert: Slow, expr: "latency > 1", labels: {severity: critical}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec: {template: {spec: {containers: [{name: shop, image: "shop:1.2"}]}}}
"""
OWNERS = "# who looks after what\n* @ana\n/web/ @bo @acme/web\n"

Files = Mapping[str, str]

REPOSITORIES: Mapping[str, Files] = {
    "empty": {},
    "python": {
        "pyproject.toml": '[project]\nname = "shop"\n[tool.coverage.report]\nfail_under = 87\n',
        ".github/workflows/ci.yml": CI, ".git/config": ORIGIN.format(name="shop"), ".git/HEAD": "ref: refs/heads/work\n",
        ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/main\n", ".secrets.baseline": "{}",
    },
    "node": {
        "package.json": '{"devDependencies": {"jest-junit": "16"}, "jest": {"coverageThreshold": {"global": {"lines": 90}}}}',
        ".circleci/config.yml": "version: 2.1\n", ".git/HEAD": "ref: refs/heads/master\n", "CODEOWNERS": "* @ana @bo\n",
    },
    "go": {
        "go.mod": "module acme.io/shop\n", "Dockerfile": "FROM scratch\n",
        "Makefile": "test:\n\tgotestsum --junitfile build/unit.xml ./...\n",
        ".github/workflows/go.yaml": "name: Go & co\non: [pull_request]\njobs: {build: {runs-on: ubuntu-latest, steps: []}}\n",
        ".git/HEAD": "ref: refs/heads/develop\n",
        ".git/packed-refs": "# pack-refs\n" + "".join(
            f"{'a' * 40} refs/remotes/origin/{name}\n" for name in ("develop", "master", "release/1.0")
        ),
        ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/develop\n",
    },
    "java": {
        "pom.xml": "<project/>", "service/pom.xml": "<project/>", "web/build.gradle.kts": "plugins {}\n",
        ".github/workflows/ci.yml": "on: {pull_request: {paths: ['src/**']}}\njobs: {build: {runs-on: x, steps: []}}\n",
        ".github/workflows/broken.yml": "on: [\n",
    },
    "compose and API": {
        "docker-compose.yml": COMPOSE, "docs/openapi.yaml": API, "monitoring/rules/shop.yml": RULES,
        "monitoring/prometheus.yml": "global: {}\n", ".github/CODEOWNERS": OWNERS,
    },
    "compose alone": {"compose.yaml": COMPOSE, "k8s/shop.yaml": DEPLOYMENT, "k8s/kustomization.yaml": "resources: []\n"},
    "monorepo": {
        **{f"services/{name}/go.mod": f"module {name}\n" for name in ("api", "cart", "mail")},
        "apps/web/package.json": "{}", "libs/python/pyproject.toml": "", "deploy/chart/Chart.yaml": "name: x\n",
        "deploy/chart/templates/shop.yaml": DEPLOYMENT, "services/api/openapi.json": '{"openapi": "3.0.3", "paths": {}}',
        "services/cart/swagger.json": '{"swagger": "2.0", "paths": {"/a": {}}}', "docs/runbooks/restart.md": "# Restart\n",
        "tests/data/docker-compose.yml": COMPOSE, "release-please-config.json": "{}",
        ".github/workflows/all.yml": "on: pull_request\njobs:\n" + "".join(
            f"  job{number}: {{runs-on: x, steps: []}}\n" for number in range(20)
        ),
    },
    "hostile names": {
        "$(id).yml": RULES, "a`b`.md": "", "new\nline.yml": RULES, "glob[*].yml": RULES, "\x1b[31mred.yml": RULES,
        "quote\"'.yml": RULES, "${target}/openapi.yaml": API, "- id: evil.yml": RULES, "café/rules.yml": RULES,
        "::error::x/Dockerfile": "", "rules #1.yml": RULES, "\u202eevil.yml": RULES, "a: b/rules.yml": RULES,
        ".github/workflows/x.yml": (
            'on: pull_request\njobs:\n  a: {name: "x\\n- id: evil"}\n  b: {name: "${target}"}\n'
            '  c: {name: "::error::`$(id)` \\" # x"}\n  d: {name: "\\e[31m"}\n  "e\\nf": {}\n'
            '  g: {name: "${{ github.head_ref }}"}\n'
        ),
        ".git/config": '[remote "origin"]\n\turl = https://github.com/ac me/$(id)\n',
        ".git/HEAD": "ref: refs/heads/$(id)\n",
    },
    "placeholder owners": {"CODEOWNERS": "* @your-login @acme/your-team\n"},
    "owners of nothing": {"CODEOWNERS": "# nobody yet\n"},
}  # fmt: skip


def made(root: Path, files: Files) -> Path:
    """Write the files below the folder."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    return root
