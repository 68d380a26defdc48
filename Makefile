# Everything here needs git, make and Python 3.11 or later with its venv module. `make` alone lists what there is.
# PYTHON names the interpreter to build the environment with; the first recent enough one is taken where it is unset.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
CONFIG ?= config.yaml

BIN := .venv/bin
READY := .venv/ready
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help venv demo run run-demo-upstream test lint test-compose bench bench-proxy clean

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
	    printf 'make %-18s %s\n' "$$name" "$$what"; done

venv: $(READY)  ## make .venv, again only when pyproject.toml has changed
	@true

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or later was found. Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making .venv (a minute or so)"
	@$(PYTHON) -m venv .venv
	@$(PIP_INSTALL) --editable '.[dev,redis]'
	@touch $@

demo: $(READY)  ## start the gateway, run demo.sh against it, stop it
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/with-server.sh 12000/healthz $(BIN)/pointsman up config.yaml -- ./demo.sh

run: $(READY)  ## start the gateway on localhost:12000 with CONFIG (config.yaml)
	@exec $(BIN)/pointsman up $(CONFIG)

run-demo-upstream: $(READY)  ## the same before a fake provider: /v1/* without a key
	@scripts/with-server.sh 12100/models $(BIN)/python -m devtools.fake_provider --host 127.0.0.1 --port 12100 -- \
	    $(BIN)/pointsman up demo/upstream.yaml

test: lint  ## everything that must hold
	$(BIN)/pytest --quiet -n 2
	$(BIN)/pointsman check config.yaml
	$(BIN)/pointsman check demo/upstream.yaml
	$(BIN)/pointsman test --config config.yaml --min-accuracy 0.75 --max-flips 0.1

lint: $(READY)  ## ruff, mypy and import-linter
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test-compose:  ## build the image, bring docker-compose up and try it
	scripts/test-compose.sh

bench: $(READY)  ## decisions per second against a bare aiohttp handler
	$(BIN)/python -m bench.decisions

bench-proxy: $(READY)  ## what the gateway adds to a proxied request
	$(BIN)/python -m bench.proxy

clean:  ## remove the environment and everything that tools have left
	rm -rf .venv build dist *.egg-info .coverage .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
