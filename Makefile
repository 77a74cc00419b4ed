.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVICES := registry meetings notifications
SIBLINGS := contracts eventkit $(SERVICES)
PATHS := libs/contracts libs/eventkit $(SERVICES:%=services/%)
STAMP := $(VENV)/.ready
COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate $(SIBLINGS:%=--no-emit-package %)

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the environment in .venv (nothing to do when it is up to date)

$(STAMP): tests/requirements.lock $(PATHS:%=%/pyproject.toml)
	@echo "Setting up .venv (takes a minute or two the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Netztreff needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --require-hashes -r tests/requirements.lock | awk -v total=$$(grep -c '==' tests/requirements.lock) \
	  '/^Collecting/ {printf "\r  %3d of %d  %-40s", ++n, total, $$2; fflush()} /^Installing/ {printf "\r  installing %-50s\n", ""; fflush()}'
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation $(PATHS:%=-e ./%)
	@touch $(STAMP)

lock: ## Pin every dependency, with hashes and without hosts
	$(COMPILE) $(PATHS:%=%/pyproject.toml) tests/requirements.in -o tests/requirements.lock
	@for service in $(SERVICES); do echo "services/$$service/requirements.lock"; \
	  $(COMPILE) services/$$service/pyproject.toml deploy/docker/build.in -c tests/requirements.lock \
	  -o services/$$service/requirements.lock || exit 1; done

.PHONY: help setup lock
