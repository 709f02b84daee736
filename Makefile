# Everything is set up in .venv by the first command that needs it. What was installed is remembered by the
# content of the files that say what to install, so a second run installs nothing and needs no network.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
SECONDS ?= 60
SEED ?=
# They wait more than they work, for processes of their own.
WAITING_TESTS := tests/chaos tests/test_standing_still.py
KEY := $(shell cat setup.cfg pyproject.toml constraints.txt | sha256sum | cut -c1-16)
READY := $(VENV)/.installed-$(KEY)
READY_DEV := $(VENV)/.installed-dev-$(KEY)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

# The tests start a hundred servers. Where no bytecode may be written, each compiles everything anew, and is
# twice as long in coming.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test lint types check test-waiting test-rest format bench chaos clean

help:
	@echo "make run      set up and start the server (make run ARGS=\"--config my.toml\")"
	@echo "make test     set up and run every test (make test ARGS=\"tests/config -x\" runs some)"
	@echo "make lint     style, format and the floors of the house"
	@echo "make types    strict type check"
	@echo "make check    all of these three, two things at a time"
	@echo "make format   bring the code into its format"
	@echo "make bench    measure, and print the table"
	@echo "make chaos    play while everything breaks (make chaos SECONDS=600 SEED=7), and judge"
	@echo "make clean    remove .venv and all caches; var/ with its data stays"

run: $(READY)
	@exec $(BIN)/python run.py $(ARGS)

test: $(READY_DEV)
	$(BIN)/python -m pytest $(ARGS)

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY_DEV)
	$(BIN)/mypy

# Every test is in one of the two. What each of them says is shown as a whole, when it has ended.
check: $(READY_DEV)
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target test-waiting test-rest lint types

test-waiting: $(READY_DEV)
	$(BIN)/python -m pytest $(WAITING_TESTS)

test-rest: $(READY_DEV)
	$(BIN)/python -m pytest $(WAITING_TESTS:%=--ignore=%)

format: $(READY_DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_DEV)
	$(BIN)/python -m tests.benchmarks $(ARGS)

chaos: $(READY_DEV)
	$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path "./var/*" -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    "Name another: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment, see above (Debian and Ubuntu keep" \
	    "that part in the package python3-venv)." >&2; exit 1; }

$(READY): | $(BIN)/python
	@echo "Setting up $(VENV) (only now, and when what is needed changes) ..."
	@$(INSTALL) .
	@rm -f $(VENV)/.installed-*
	@touch $@

$(READY_DEV): | $(BIN)/python
	@echo "Setting up $(VENV) for tests (only now, and when what is needed changes) ..."
	@$(INSTALL) '.[dev]'
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary pykka \
	  --constraint constraints.txt --dest $(VENV)/share/pykka-source pykka
	@rm -f $(VENV)/.installed-*
	@touch $(READY) $@
