PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Python compiles a module when it is first imported; most of the 30,000 installed here never are.
INSTALL := $(PIP) install --quiet --no-compile
STAMPS := $(VENV)/.stamps
# How many processes run tests. Each computes in one thread, and threads that wait leave the cores to
# others: small networks trained beside other work take a third of the processor time then.
WORKERS ?= 2
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE

.PHONY: demo test lint types floors unit docs venv bench clean

demo: $(STAMPS)/core  ## the sample catalogue: train, evaluate, a model and a report
	$(BIN)/aisle demo -o demo

test: lint types floors unit  ## everything that must hold before a commit

lint: $(STAMPS)/dev
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples

types: $(STAMPS)/dev
	$(BIN)/mypy

floors: $(STAMPS)/dev
	$(BIN)/lint-imports

unit: $(STAMPS)/full
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal \
		--cov --cov-report=term --cov-fail-under=85

docs: $(STAMPS)/full  ## the documentation site, in build/docs
	NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --clean

venv: $(STAMPS)/full  ## the full environment, with every extra that installs here

bench: $(STAMPS)/full  ## the measurements quoted in README; minutes to hours
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/core: pyproject.toml constraints/core.txt | $(VENV)/bin/python
	mkdir -p $(STAMPS)
	$(INSTALL) -c constraints/core.txt -e .
	touch $@

$(STAMPS)/dev: pyproject.toml constraints/core.txt constraints/dev.txt $(STAMPS)/core
	$(INSTALL) -c constraints/core.txt -c constraints/dev.txt -e ".[dev,serve]"
	touch $@

$(STAMPS)/full: $(STAMPS)/dev
	$(INSTALL) -c constraints/core.txt -c constraints/dev.txt torch==2.13.0
	$(INSTALL) -c constraints/core.txt -c constraints/dev.txt -e ".[dev,deep,keras,word2vec,track,explain,search,audit,study,serve,peers,docs]"
	touch $@

clean:
	rm -rf $(VENV) demo dist build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
