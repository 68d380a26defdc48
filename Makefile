# Everything here needs git, make and Python 3.11 or later with its venv module. `make` alone lists what there is.
# PYTHON names the interpreter to build the environment with; the first recent enough one is taken where it is unset.
export PYTHON
CONFIG ?= config.yaml

BIN := .venv/bin
# What has been installed into .venv: what the gateway runs on, and what the tests need too.
RUNTIME := .venv/runtime
READY := .venv/ready
# The packages whose modules each have a test file at the same place below tests/.
MIRRORED := filters gateway devtools

.DEFAULT_GOAL := help
.PHONY: help install venv lock demo run run-demo-upstream demo-page test test-page coverage test-chaos test-newest lint test-compose test-envoy test-agents bench bench-sinks bench-proxy bench-envoy soak clean

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
	    printf 'make %-18s %s\n' "$$name" "$$what"; done

install: $(RUNTIME)  ## make .venv with the gateway alone: .venv/bin/pointsman
	@true

venv: $(READY)  ## the same with what the tests need
	@true

$(RUNTIME): requirements/runtime.txt requirements/build.txt pyproject.toml
	@scripts/environment.sh runtime
	@touch $@

$(READY): requirements/dev.txt requirements/build.txt pyproject.toml
	@scripts/environment.sh dev
	@touch $(RUNTIME) $@

lock:  ## write requirements/ anew from pyproject.toml; UPGRADE=1 takes the newest of everything
	@scripts/lock.sh $(if $(UPGRADE),--upgrade)

demo: $(RUNTIME)  ## start the gateway, run demo.sh against it, stop it
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/with-server.sh 12000/healthz $(BIN)/pointsman up config.yaml -- ./demo.sh

run: $(RUNTIME)  ## start the gateway on localhost:12000 with CONFIG (config.yaml)
	@exec $(BIN)/pointsman up $(CONFIG)

run-demo-upstream: $(RUNTIME)  ## the same before a fake provider: /v1/* without a key
	@scripts/with-server.sh 12100/models $(BIN)/pointsman fake-provider --port 12100 -- \
	    $(BIN)/pointsman up demo/upstream.yaml

demo-page: $(RUNTIME)  ## the page of the admin listener, with traffic to look at: http://127.0.0.1:9901/
	@mkdir -p .demo-page && cp demo/page.yaml .demo-page/ && cp -n demo/*.jsonl .demo-page/
	@$(BIN)/pointsman test routing_tests.yaml --config .demo-page/page.yaml --no-noise >/dev/null || true
	@scripts/with-server.sh 12100/models $(BIN)/pointsman fake-provider --port 12100 -- \
	    $(BIN)/python -m devtools.demo_page http://127.0.0.1:12000 http://127.0.0.1:9901/ \
	    $(BIN)/pointsman up .demo-page/page.yaml

test: lint  ## everything that must hold
	@$(MAKE) --no-print-directory coverage
	$(BIN)/pytest --quiet -n 2 $(addprefix --ignore tests/,$(MIRRORED) integration/clients)
	$(BIN)/pointsman check config.yaml
	$(BIN)/pointsman check demo/upstream.yaml
	$(BIN)/pointsman test --config config.yaml --min-accuracy 0.9 --max-flips 0.05

test-page: $(READY)  ## the page of the admin listener in Chromium, with pictures in page-screenshots/
	@scripts/test-page.sh

coverage: $(READY)  ## the tests that mirror modules, and how much of each module its own test runs
	$(BIN)/pytest --quiet -n 2 --cov --cov-report= $(addprefix tests/,$(MIRRORED))
	$(BIN)/python scripts/own_coverage.py .coverage

test-chaos: $(READY)  ## two workers and a Redis under load while everything happens to them, three minutes
	POINTSMAN_CHAOS=1 $(BIN)/pytest --quiet -s tests/integration/test_chaos.py

test-newest:  ## the tests against the newest version of every dependency, in .venv-newest
	@test -d .venv-newest || $(or $(PYTHON),python3) -m venv .venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[dev,envoy,otel,redis]'
	.venv-newest/bin/pytest --quiet -n 2

lint: $(READY)  ## ruff, mypy and import-linter
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test-compose:  ## build the image, bring docker-compose up and try it
	scripts/test-compose.sh

test-agents: $(READY)  ## real coding agents, SDKs and frameworks through the gateway; installs them into .venv-clients
	scripts/clients.sh
	$(BIN)/pytest --quiet tests/integration/clients

test-envoy: $(READY)  ## inside the real Envoy: recipes, failures, 10,000 requests while everything restarts
	@scripts/test-envoy.sh

bench: $(READY)  ## decisions per second against a bare aiohttp handler
	$(BIN)/python -m bench.decisions

bench-sinks: $(READY)  ## what log, metrics and live feed cost a decision
	$(BIN)/python -m bench.sinks

bench-proxy: $(READY)  ## what the gateway adds to a proxied request
	$(BIN)/python -m bench.proxy

soak: $(READY)  ## whether memory, descriptors and tasks stay flat through 15 minutes of everything
	$(BIN)/python -m bench.soak

bench-envoy: $(READY)  ## what the external processor adds to a request through Envoy
	@scripts/test-envoy.sh --only-install
	$(BIN)/python -m bench.envoy

clean:  ## remove the environment and everything that tools have left
	rm -rf .demo-page page-screenshots .venv .venv-newest .venv-clients build dist *.egg-info .coverage .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
