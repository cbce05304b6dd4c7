# Everything a machine with Python 3.11 and make needs; `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV   ?= .venv
BIN    := $(VENV)/bin
OUT    ?= out
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& { echo $$p; exit; }; done; echo python3.11)

# Solvers are given one thread each, so that the same inputs give the same bytes.
export OMP_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test check fuzz faults audit bench serve isere pictures lock install warm clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.runtime ## plan the embedded Isère campaign into out/
	$(BIN)/placarde demo --out $(OUT) --force

test: $(VENV)/.dev ## every test, with branch coverage (installs Chromium, LibreOffice, GDAL's tools, PostGIS)
	sh .ci/chromium
	sh .ci/office
	sh .ci/postgis
	$(BIN)/python -m app.warm
	$(BIN)/python -m pytest $(SPREAD) --durations=25 --cov --cov-report=term

check: $(VENV)/.dev ## lint, types, layers and the fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m app.warm
	$(BIN)/python -m pytest $(SPREAD) -m "not slow and not browser"
# A process a core; each file in one of them, so that what its tests share is made once. Kernels are
# compiled before: each process would compile them for itself.
SPREAD := --numprocesses auto --dist loadfile

fuzz: $(VENV)/.dev ## made-up bytes to each reader, FUZZ_S seconds each (60); made-up requests
	set -e; for reader in geojson texts zip coordinate positions gpkg fgb kml parquet; do \
		$(BIN)/python -m tests.fuzz $$reader -max_total_time=$(FUZZ_S) -rss_limit_mb=4096; done
	OPENAPI_EXAMPLES=$(FUZZ_REQUESTS) $(BIN)/python -m pytest tests/service/test_openapi.py
FUZZ_REQUESTS ?= 200

faults: $(VENV)/.dev ## kill the service FAULT_KILLS times (200) on each store, while it works
	FAULT_KILLS=$(FAULT_KILLS) $(BIN)/python -m pytest tests/faults
FAULT_KILLS ?= 200
FUZZ_S ?= 60

audit: $(VENV)/.dev ## look for known vulnerabilities of the locked dependencies (needs the network)
	PIP_AUDIT=$(BIN)/pip-audit PYTHON=$(BIN)/python sh .ci/audit requirements/runtime.lock

bench: $(VENV)/.bench ## the measured comparisons, with the peers that they need
	$(BIN)/python -m bench

serve: $(VENV)/.runtime ## the API on this machine; its data in placarde-data/
	$(BIN)/placarde serve

isere: $(VENV)/.dev ## build data/isere/ again from its sources
	$(BIN)/python -m data.isere.build

pictures: $(VENV)/.dev ## take the pictures of the documentation again
	sh .ci/chromium
	$(BIN)/python -m tests.browser.pictures docs/images

lock: ## choose the versions of every dependency again (needs uv)
	uv pip compile pyproject.toml --extra build $(UV_FLAGS) -o requirements/runtime.lock
	uv pip compile pyproject.toml --extra build --extra dev -c requirements/runtime.lock $(UV_FLAGS) \
		-o requirements/dev.lock
	uv pip compile pyproject.toml --extra build --extra dev --extra bench -c requirements/dev.lock \
		$(UV_FLAGS) -o requirements/bench.lock
UV_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links

install: $(VENV)/.locked ## the program alone in VENV, as the container has it
	$(BIN)/pip install --quiet --no-deps --no-build-isolation .

warm: ## compile what can be compiled ahead in VENV: bytecode, and the kernels of the matching
	$(BIN)/python -m compileall -q $(VENV)/lib
	$(BIN)/python -m app.warm

clean: ## remove what the other targets made
	rm -rf $(VENV) build placarde.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .coverage

$(VENV)/bin/pip:
	sh .ci/venv $(PYTHON) $(VENV)

$(VENV)/.locked: requirements/runtime.lock | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --require-hashes -r requirements/runtime.lock
	@touch $@

$(VENV)/.runtime: $(VENV)/.locked pyproject.toml
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.lock
	@touch $@

$(VENV)/.bench: requirements/bench.lock $(VENV)/.dev
	$(BIN)/pip install --quiet --require-hashes -r requirements/bench.lock
	@touch $@
