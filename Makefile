# Everything a user or a developer runs. Each target sets itself up: Python 3.11 or newer is all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# make test REFERENCE=1 also installs TensorFlow, so that the tests against Keras run instead of skipping.
EXTRAS := aircraft,train,report,search,studies,mqtt,dashboard,cluster,test,check
ifdef REFERENCE
EXTRAS := $(EXTRAS),reference
endif
comma := ,
STAMP := $(VENV)/.installed-$(subst $(comma),-,$(EXTRAS))

.PHONY: help setup demo test check bench clean

help:
	@echo "make demo                  simulate flights, fuse, train, evaluate, and write a report"
	@echo "make demo DATA=table.csv   inspect, train, evaluate and predict on a fused or T-ITS table"
	@echo "make test                  run the tests (REFERENCE=1: against Keras too)"
	@echo "make check                 ruff, mypy --strict, import-linter, doctests"
	@echo "make bench                 every benchmark beside its peers (installs TensorFlow)"
	@echo "make clean                 remove what the other targets made"

setup: $(STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "yawstring needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || scripts/install-venv-package "$(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

$(STAMP): $(BIN)/python pyproject.toml constraints.txt
	@echo "installing yawstring[$(EXTRAS)] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@

demo: setup
	@if [ -n "$(DATA)" ]; then scripts/demo-table "$(BIN)" "$(DATA)"; else scripts/demo "$(BIN)"; fi

test: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal tests

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q -n 2 --doctest-modules src

bench:
	$(MAKE) setup REFERENCE=1
	$(BIN)/python benchmarks/fit.py
	$(BIN)/python benchmarks/score.py
	$(BIN)/python benchmarks/seeds.py
	$(BIN)/python benchmarks/simulate.py
	$(BIN)/python benchmarks/fuse.py
	$(BIN)/python benchmarks/roles.py
	$(BIN)/python benchmarks/signals.py
	$(BIN)/python benchmarks/falsified.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/population.py
	$(BIN)/python benchmarks/rules.py
	$(BIN)/python benchmarks/watch.py
	@if [ "$$(id -u)" = 0 ]; then $(BIN)/python benchmarks/live.py; else echo "benchmarks/live.py makes a TAP device: run it as root"; fi
	@if [ -n "$(CAPTURES)" ]; then $(BIN)/python benchmarks/decode.py "$(CAPTURES)"; else echo "benchmarks/decode.py needs captures: make bench CAPTURES=folder"; fi
	@if [ -n "$(DATA)" ]; then $(BIN)/python benchmarks/corpus.py "$(DATA)"; else echo "benchmarks/corpus.py needs the T-ITS table: make bench DATA=three_attack_cyber.csv"; fi

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist demo
