# make run    your photos in RabbitViewer (PHOTOS=folder-or-photo to choose which)
# make test   every check that CI runs

PYTHON ?= python3
PHOTOS ?=
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto

.PHONY: run test lint types arrows unit wheel fidelity samples clean help

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: $(VENV)/.run
	@.ci/start "$(PHOTOS)"

test: lint types arrows wheel unit fidelity

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/pyright

arrows: $(VENV)/.test
	$(BIN)/lint-imports

wheel: $(VENV)/.test
	.ci/check-install $(VENV)

unit: $(VENV)/.test
	$(BIN)/pytest -n $(WORKERS)

fidelity: $(VENV)/.test
	$(BIN)/python -m benchmarks.fidelity --quick

samples:
	@.ci/sample-photos sample-photos $(VENV)

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.run: pyproject.toml .ci/system-packages
	@.ci/system-packages $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	@$(BIN)/python -m compileall -q daemon rabbitviewer # some environments never let Python do it
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@
