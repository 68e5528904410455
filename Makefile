# The two commands: `make demo` and `make test`. Both install what they need into .venv, on the first run and after changes.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-slow test-arithmetic reproduce lint format lock clean

demo: .venv/train-installed
	$(BIN)/digits demo

# -m "not slow" counts the slow tests as deselected; skipped tests are named with their reasons (-ra in pyproject.toml).
# A process a core; one thread each, since two threads of torch in each of several processes stand in each other's way.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --cov --cov-report=term

test-slow: .venv/dev-installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n auto --dist loadfile

# What trains or compares floats, computed as other processors would and with other seeds. SETTINGS="avx2 baseline" runs those alone.
test-arithmetic: .venv/dev-installed
	$(BIN)/python scripts/arithmetic.py $(SETTINGS)

# Measures again what the documents state. MINUTES=600 affords everything; SHARED=FOLDER adds the study of mistakes.
MINUTES ?= 15
reproduce: .venv/dev-installed
	$(BIN)/python scripts/reproduce.py --minutes $(MINUTES) $(if $(SHARED),--shared $(SHARED))

lint: .venv/dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=src:scripts $(BIN)/mypy scripts

format: .venv/dev-installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The versions behind the published figures, with the hashes of their files.
lock: .venv/dev-installed
	$(PIP) pip-tools
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --generate-hashes --allow-unsafe --extra train --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements-lock.txt pyproject.toml

.venv/python-ready:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed; name one with make PYTHON=...')"
	$(PYTHON) -m venv .venv
	touch $@

.venv/train-installed: .venv/python-ready pyproject.toml
	@echo "Installing the training extra into .venv (PyTorch is large; the first time takes minutes)"
	$(PIP) --editable ".[train]"
	touch $@

.venv/dev-installed: .venv/python-ready pyproject.toml
	@echo "Installing what the tests need into .venv (the first time takes minutes)"
	$(PIP) --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
