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
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the environment in .venv (nothing to do when it is up to date)
	@:

$(STAMP): tests/requirements.lock $(PATHS:%=%/pyproject.toml)
	@echo "Setting up .venv (takes a minute or two the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Netztreff needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --require-hashes -r tests/requirements.lock | awk -v total=$$(grep -c '==' tests/requirements.lock) \
	  '/^Collecting/ {printf "\r  %3d of %d  %-40s", ++n, total, $$2; fflush()} /^Installing/ {printf "\r  installing %-50s\n", ""; fflush()}'
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation $(PATHS:%=-e ./%)
	@touch $(STAMP)

run: setup ## Start everything on this machine, with the example network; Ctrl-C ends it
	@PYTHONPATH=deploy exec $(BIN)/python -m local

cli: setup ## Run a command of a service beside `make run`: make cli ARGS="registry import FILE"
	@file="$(abspath $(or $(VAR_FOLDER),var))/$(or $(firstword $(ARGS)),registry).env"; \
	  test -e "$$file" || { echo "$$file is missing; it comes with: make run" >&2; exit 1; }; \
	  set -a; . "$$file"; set +a; exec $(BIN)/python -m $(or $(ARGS),registry)

test: setup ## Run all tests, with a real PostgreSQL and a real Kafka
	@$(BIN)/pytest $(ARGS)

test-compose: setup ## Build the images, run the composition in Docker, play the main job, take it down
	@TESTCONTAINERS_RYUK_DISABLED=$${TESTCONTAINERS_RYUK_DISABLED:-true} $(BIN)/pytest tests/compose $(ARGS)

fuzz: setup ## Try 20,000 made-up requests a service; make fuzz ARGS="--cases 1000 --service registry"
	@PYTHONPATH=deploy:. $(BIN)/python -m tests.security.fuzz $(ARGS)

security: setup ## Run the security suites, and compare docs/security.md with what they counted
	@rm -f .cache/security-counts.json
	@$(BIN)/pytest tests/security
	@$(MAKE) --no-print-directory counts

mutants: setup ## Break the safety on purpose, in copies, and see the tests turn red; make mutants ARGS="--only relay"
	@PYTHONPATH=deploy:. $(BIN)/python -m tests.mutants $(ARGS)

counts: setup ## Compare the numbers of docs/security.md with the last run: make counts ARGS=--write
	@$(BIN)/python -m tests.security.counts $(ARGS)

faults: setup ## Break things on purpose, 10 minutes; MINUTES=120 SEED=… CASE=F24 ORACLE=FILE REPORT=1 LIST=1
	@PYTHONPATH=deploy:. $(BIN)/python -m tests.faults $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(CASE),--case $(CASE)) $(if $(ORACLE),--oracle $(ORACLE)) $(if $(REPORT),--report) $(if $(FOLDER),--folder $(FOLDER)) $(if $(LIST),--list) $(ARGS)

model: setup ## Compare meetings with a model in memory, 500 walks of 50 steps; WALKS=50 STEPS=20 SEED=…
	@MODEL_WALKS=$(or $(WALKS),500) MODEL_STEPS=$(or $(STEPS),50) MODEL_SEED=$(or $(SEED),$(shell date +%s)) \
	  $(BIN)/pytest tests/integration/meetings/test_against_the_model.py

check: setup ## Check format, style, types and imports, and run the fast tests
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted; run: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/unit tests/contracts tests/architecture

env: setup ## Write .env with new secrets for docker compose
	@PYTHONPATH=deploy $(BIN)/python -m local.compose env

up: setup ## Start everything in Docker, with PostgreSQL and Kafka
	@PYTHONPATH=deploy $(BIN)/python -m local.compose up

rolling: setup ## Exchange every container, one after another, so that no call fails (profile edge)
	@PYTHONPATH=deploy $(BIN)/python -m local.rolling $(ARGS)

down: ## End what `up` started; the data stays
	docker compose down

kafka: setup ## Run a Kafka broker on this machine, to try the services with it
	@PYTHONPATH=deploy exec $(BIN)/python -m local.kafka

golden: setup ## Write the JSON Schema of every event to libs/contracts/golden, and docs/events.md
	@$(BIN)/python -m contracts.golden

settings: setup ## Write docs/settings.md from the settings that the services declare
	@PYTHONPATH=deploy $(BIN)/python -m local.settings_page

release-events: setup ## With a release: promise the events as they are now, for good
	@$(BIN)/python -m contracts.golden release

bench: $(VENV)/.bench ## Measure speed and memory beside peers, in one run
	@PYTHONPATH=deploy $(BIN)/python -m bench $(ARGS)

$(VENV)/.bench: $(STAMP) bench/requirements.lock
	@$(BIN)/pip install --quiet --require-hashes -r bench/requirements.lock
	@touch $@

lock: setup ## Pin every dependency, with hashes and without hosts
	$(COMPILE) $(PATHS:%=%/pyproject.toml) tests/requirements.in -o tests/requirements.lock
	@for service in $(SERVICES); do echo "services/$$service/requirements.lock"; \
	  $(COMPILE) services/$$service/pyproject.toml deploy/docker/build.in -c tests/requirements.lock \
	  -o services/$$service/requirements.lock || exit 1; done
	$(COMPILE) bench/requirements.in -c tests/requirements.lock -o bench/requirements.lock

clean: ## Remove the environment, caches and everything that `make run` stored
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis var

.PHONY: settings help setup run cli test test-compose fuzz security mutants counts faults check env up rolling down kafka golden release-events bench lock clean
