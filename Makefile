# wirewatch: a fresh machine needs Python >= 3.11 and make, nothing by hand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ARGS ?=
SEED ?= 7
FOR ?= 300s
PAIRS ?= 200000
# tests mostly wait for others; the slow ones, end to end, begin first (PROCESSES=0: one after another)
PROCESSES ?= 4
# corpora to test and measure with, where they lie beside the project
WIREWATCH_CORPORA ?= $(if $(wildcard ../shared/corpora),$(abspath ../shared/corpora))
export WIREWATCH_CORPORA

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types bench chaos differ format lock picture clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.installed  ## make .venv with everything in it

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) >&2
	@command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) >&2
	@echo "installing into $(VENV)" >&2
	@PATH="$(CURDIR)/$(BIN):$$PATH" VIRTUAL_ENV=$(CURDIR)/$(VENV) sh -c '\
	  uv pip sync --quiet --require-hashes --compile-bytecode requirements-dev.lock && \
	  uv pip install --quiet --no-deps --no-build-isolation --editable .' >&2
	@$(BIN)/python -m compileall -q monitor streams alerts
	@touch $@

demo: setup  ## the whole pipeline on bundled wires (ARGS="--for 20s --json")
	@$(BIN)/wirewatch demo $(ARGS)

test: setup  ## all tests; with Java, Maven and redis-server also on real ones
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup  ## style, import contracts, dependencies, known vulnerabilities
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --diff --quiet .; exit 1; }
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@sh tools/audit.sh $(BIN)/pip-audit

types: setup  ## mypy --strict
	@$(BIN)/mypy

bench: setup  ## figures of this machine (PART=stream, matcher, feeds, latency, soak, pipeline or hostile)
	@PYTHONPATH=tests $(BIN)/python bench/run.py $(PART)

chaos: setup  ## faults on every broker, then a ledger (SEED=7 FOR=300s)
	@PYTHONPATH=tests $(BIN)/python chaos/run.py --seed $(SEED) --for $(FOR) $(ARGS)

differ: setup  ## the matcher beside its oracle on random rules and items (PAIRS=200000 SEED=1)
	@PYTHONPATH=tests $(BIN)/python tools/differ.py --seed $(SEED) --pairs $(PAIRS)

format: setup  ## write the code the way lint wants it
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

picture: setup  ## draw docs/console.svg from a real run of the demo
	@$(BIN)/python tools/picture.py

lock: setup  ## resolve the locks anew from pyproject.toml
	@sh tools/lock.sh $(BIN)

clean:  ## remove .venv and caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache
