PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
STAMPS := $(VENV)/.stamps

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
	$(BIN)/python -m pytest --cov --cov-report=term --cov-fail-under=85

docs: $(STAMPS)/full  ## the documentation site, in build/docs
	NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --clean

venv: $(STAMPS)/full  ## the full environment, with every extra that installs here

bench: $(STAMPS)/full  ## the measurements quoted in README; minutes to hours
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/core: pyproject.toml constraints/core.txt | $(VENV)/bin/python
	mkdir -p $(STAMPS)
	$(PIP) install --quiet --no-compile -c constraints/core.txt -e .
	touch $@

$(STAMPS)/dev: pyproject.toml constraints/core.txt constraints/dev.txt $(STAMPS)/core
	$(PIP) install --quiet -c constraints/core.txt -c constraints/dev.txt -e ".[dev,serve]"
	touch $@

$(STAMPS)/full: $(STAMPS)/dev
	$(PIP) install --quiet -c constraints/core.txt -c constraints/dev.txt torch==2.13.0
	$(PIP) install --quiet -c constraints/core.txt -c constraints/dev.txt -e ".[dev,deep,keras,word2vec,track,explain,search,audit,study,serve,peers,docs]"
	touch $@

clean:
	rm -rf $(VENV) demo dist build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
