# Everything a user or a developer runs. Each target sets itself up: Python 3.11 or newer is all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS ?= train,report,test,check
# make test REFERENCE=1 also installs TensorFlow, so that the tests against Keras run instead of skipping.
ifdef REFERENCE
EXTRAS := $(EXTRAS),reference
endif
STAMP := $(VENV)/.installed-$(subst $(empty) $(empty),,$(subst $(comma),-,$(EXTRAS)))
empty :=
comma := ,

.PHONY: help setup demo test check bench clean

help:
	@echo "make demo DATA=table.csv   train, evaluate and report on a fused or T-ITS table"
	@echo "make test                  run the tests (REFERENCE=1: against Keras too)"
	@echo "make check                 ruff, mypy --strict, import-linter, doctests"
	@echo "make bench                 all benchmarks, with their peers (installs TensorFlow)"

setup: $(STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "yawstring needs Python 3.11 or newer; set PYTHON=" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); scripts/install-venv-package "$(PYTHON)" && $(PYTHON) -m venv $(VENV); }

$(STAMP): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@

test: setup
	$(BIN)/python -m pytest -n 2 tests

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q --doctest-modules src

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build dist
