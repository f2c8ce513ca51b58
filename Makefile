# `make` alone lists the targets. Everything runs in .venv, which make builds itself.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The interpreter that .venv is made from; the first of these that is 3.11 to 3.13.
PYTHON ?= python3 python3.13 python3.12 python3.11
# Test processes; one a core by default.
WORKERS ?= auto

# TensorFlow's own chatter is of no use here.
export TF_CPP_MIN_LOG_LEVEL := 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test check format docs images default-model benchmark clean constraints

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## Run the whole chain on captchas/: collect, preprocess, train, evaluate, solve
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash tools/demo.sh

test: $(STAMP) ## Run the tests and doctests; coverage may not fall below 90 %
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report term

check: $(STAMP) ## Look for mistakes with ruff and mypy; change nothing
	@status=0; \
	$(BIN)/ruff check || status=1; \
	$(BIN)/ruff format --check || status=1; \
	$(BIN)/mypy || status=1; \
	exit $$status

format: $(STAMP) ## Sort imports, mend what can be mended, lay the code out
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

docs: $(STAMP) ## Build the documentation site in build/docs; warnings and dead links are errors
	@rm -rf build/docs docs/auto_examples docs/reference/generated
	@$(BIN)/python -m sphinx -q -W --keep-going -b html -d build/doctrees docs build/docs
	@if [ -d build/demo ]; then cp -r build/demo build/docs/demo; fi
	@$(BIN)/python tools/check_site.py build/docs

images: $(STAMP) ## Generate captchas/, visualized_steps/ and the images of the documents again
	@$(BIN)/python tools/make_images.py
	@$(BIN)/python tools/learning_images.py

default-model: $(STAMP) ## Train the default model again, on generated images: hours; resumes an interrupted run
	@$(BIN)/python tools/default_model.py

benchmark: $(STAMP) ## Run the scripts of benchmarks/ in their short form
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script" --short; done

clean: ## Remove caches and what demo and the build wrote; .venv stays
	@rm -rf build dist demo docs/auto_examples docs/reference/generated benchmarks/results .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# Internal: pin the newest versions that pyproject.toml allows. Without the pins, from nothing.
constraints:
	@rm -rf $(VENV) && : > constraints.txt
	@$(MAKE) --no-print-directory $(STAMP)
	@$(BIN)/pip freeze --exclude-editable > constraints.txt
	@touch $(STAMP)

# Both variables pin what pip builds with, too; which one counts depends on pip's age.
$(STAMP): export PIP_CONSTRAINT := constraints.txt
$(STAMP): export PIP_BUILD_CONSTRAINT := constraints.txt
$(STAMP): pyproject.toml constraints.txt
	@for python in $(PYTHON) none; do \
	  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	    2>/dev/null && break; \
	done; \
	if [ "$$python" = none ]; then \
	  echo "make: Python 3.11, 3.12 or 3.13 is needed; none of '$(PYTHON)' is one" >&2; exit 1; \
	fi; \
	[ -x $(BIN)/pip ] || "$$python" -m venv --clear $(VENV) || { \
	  echo "make: '$$python -m venv' failed; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "make: installing what pyproject.toml names into $(VENV); the first time takes minutes"
	@$(BIN)/pip install --quiet -e '.[train,collect,default-model,web,docs,release,dev]'
	@touch $@
