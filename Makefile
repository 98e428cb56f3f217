# GlobalWS. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell scripts/find_python.sh)
BIN := .venv/bin
INSTALL := scripts/install.sh

export AWS_DEFAULT_REGION ?= us-west-2
export SAM_CLI_TELEMETRY = 0
# Containers often set it; without bytecode each of the many processes compiles its modules again.
unexport PYTHONDONTWRITEBYTECODE

##@ Run it

run: setup ## Build, deploy and serve two regions and the web client on this machine; Ctrl-C ends it [REGIONS="…"] [PARAMETERS="Name=value …"] [FRESH=1: start empty]
	@exec $(BIN)/python -m emulator run

up: setup ## Do the same in the background
	@$(BIN)/python -m emulator up

down: ## Stop what `make up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m emulator down; fi

clean: down ## Delete what was built and the local stack's state; keep the environments
	rm -rf .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results

distclean: clean ## Delete the environments too
	rm -rf .venv .venv-* node_modules

##@ Deploy it (to AWS, with the usual credentials; docs/deploying.md)

# An old command must not fall on the default deployment.
ifdef INSTALLATION
$(error INSTALLATION is called DEPLOYMENT now: DEPLOYMENT=$(INSTALLATION))
endif
DEPLOY_OPTIONS = $(if $(DEPLOYMENT),--deployment $(DEPLOYMENT)) $(foreach each,$(PARAMETERS),--parameter '$(each)') $(if $(YES),--yes)

deploy: .venv/.local .venv-sam/.ready ## Create or update a deployment: REGIONS="us-west-2 ap-southeast-2", or none to update those that exist [DEPLOYMENT=…] [PARAMETERS="Name=value us-west-2:Name=value …"]
	@$(BIN)/globalws deploy $(REGIONS) $(DEPLOY_OPTIONS)

add-region: .venv/.local .venv-sam/.ready ## Add a region and tell the others: REGION=eu-west-1 [DEPLOYMENT=…] [PARAMETERS="…"]
	@$(BIN)/globalws add-region $(REGION) $(DEPLOY_OPTIONS)

remove-region: .venv/.local .venv-sam/.ready ## Tell the others and delete a region: REGION=eu-west-1 [DEPLOYMENT=…] [YES=1]
	@$(BIN)/globalws remove-region $(REGION) $(DEPLOY_OPTIONS)

destroy: .venv/.local .venv-sam/.ready ## Delete a deployment and everything that it holds: REGIONS="…" [DEPLOYMENT=…] [YES=1]
	@$(BIN)/globalws destroy $(REGIONS) $(DEPLOY_OPTIONS)

##@ Operate it (docs/operating.md: .venv/bin/globalws --help lists the operator's commands)

# Tests that need only URLs and credentials, so that they can run against AWS too.
CONFORMANCE = tests/e2e/test_message_path.py tests/e2e/test_authorization.py tests/e2e/test_unsubscribe.py \
  tests/e2e/test_history.py::test_history_reads_forward_from_an_id_in_every_region \
  tests/e2e/test_history.py::test_a_publishers_retry_is_stored_once_in_each_region \
  tests/e2e/test_amplify.py::test_amplify_with_iam_receives_each_message_of_both_regions_once

conformance: setup-dev ## Test an API with real clients: the local one, or with TARGET=aws a deployment, REGIONS="us-west-2 ap-southeast-2" [DEPLOYMENT=…]
ifeq ($(TARGET),aws)
	@$(BIN)/python -m scripts.deployed_stack --deployment $(or $(DEPLOYMENT),globalws) --output .local/aws/stack.json $(REGIONS)
	@GLOBALWS_STACK_FILE=.local/aws/stack.json $(BIN)/python -m pytest $(CONFORMANCE); code=$$?; rm -f .local/aws/stack.json; exit $$code
else
	@$(BIN)/python -m pytest tests/conformance $(CONFORMANCE)
endif

evaluate-code: setup ## Run the resolvers' fixtures in AWS's own APPSYNC_JS: needs an account and appsync:EvaluateCode
	@$(BIN)/python -m scripts.evaluate_code

##@ Develop it: tests (CONTRIBUTING.md)

WORKERS ?= 3
# A file's tests run one after another in one of the workers. One worker more than cores, because tests wait.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: setup-dev ## Run all tests that need only this machine (about 5 minutes) [WORKERS=3]
	@$(BIN)/python -m tests.announce
	@$(MAKE) -j 2 pytest vitest

pytest:
	@$(PYTEST)

vitest:
	@npm run --silent test --workspace client --workspace sdk/typescript

test-unit: setup-dev ## Run only the tests that open no socket (about a minute)
	@npm run --silent test --workspace client
	@$(PYTEST) tests/unit

test-deploy: setup-dev ## Test make deploy, SAM's own commands, other regions and parameters (about 5 minutes)
	@$(PYTEST) -m deploys tests/deploy

versions: .venv/.python ## Set up and test with another Python and Node [PYTHON_VERSION=3.12] [NODE_VERSION=22]
	@scripts/versions.sh $(or $(PYTHON_VERSION),3.12) $(or $(NODE_VERSION),22)

local-invoke: setup-dev ## Run every function with every sample of events/ in Lambda's container: needs Docker, or root on Linux
	@$(BIN)/python -m pytest -m docker tests/docker

invoke: setup ## Run one function in a container, against the running stack: FUNCTION=ReplayFunction EVENT=events/replay.json [REGION=…]
	@$(BIN)/python -m emulator.runtime.invoke $(if $(REGION),--region $(REGION)) $(FUNCTION) $(EVENT)

##@ Develop it: long tests (each on its own stack; reports in test-results/)

LONG = GLOBALWS_SECONDS=$(SECONDS) GLOBALWS_SEED=$(SEED) $(BIN)/python -m pytest -s

soak: setup-dev ## Kill, cut and fail parts at random for SECONDS=60, and check that nothing is lost or doubled [SEED=1]
	@$(LONG) -m soak tests/soak

faults: setup-dev ## Inject each fault by itself; one row of metrics each in test-results/faults.md [ONLY="words of pytest's -k"]
	@$(LONG) -m faults $(if $(ONLY),-k "$(ONLY)") tests/faults

load: setup-dev ## Load this machine fully for SECONDS=60: memory, loss, latency, shutdown
	@$(LONG) -m load tests/load

fuzz: setup-dev ## Send new random hostile input for SECONDS=20, and compare CASES=2000 decisions about channels with the reference
	@GLOBALWS_CASES=$(CASES) $(LONG) -m fuzz tests/fuzz

breaks: setup-dev ## Break each promise of docs/guarantees.md on purpose; its test must fail (most of an hour) [ONLY="words"]
	@GLOBALWS_SECONDS=$(SECONDS) GLOBALWS_SEED=$(SEED) $(BIN)/python -m tests.mutations $(if $(ONLY),--only "$(ONLY)")

packages: setup-dev ## Build what others install, into dist/: the SDKs, and the command's wheel
	@$(BIN)/python -m scripts.packages
	@npm pack --silent --workspace @globalws/client --pack-destination dist | sed 's/^/  dist\//'

reference: setup-dev ## Write the API reference of both SDKs to dist/reference (needs the network)
	@PYTHONPATH=sdk/python .venv/bin/uv tool run --quiet --with aiohttp pdoc@16.0.0 --docformat google --output-directory dist/reference/python globalws_client
	@npx --yes --package typedoc@0.28.20 --package typescript@5.9.3 typedoc --options sdk/typescript/typedoc.json --out dist/reference/typescript

##@ Develop it: measure

bench: setup-dev .venv-bench/.ready bench/node_modules/.ready ## Measure everything in docs/performance.md and compare it with the baseline and the limit (about 15 minutes; Mosquitto is compared if it is installed) [ONLY=chapter]
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

bench-check: setup-dev .venv-bench/.ready bench/node_modules/.ready ## Measure only the ratios, with small loads; fails if a threshold is missed (about 90 seconds)
	@$(BIN)/python -m bench --check

bench-sdk: setup-dev ## Measure what both SDKs cost beside bare sockets, for 1,000 channels (about 8 minutes)
	@$(BIN)/python -m bench.sdk

bench-model: .venv-bench/.ready ## Calculate capacity and cost: the tables and pictures of docs/cost.md
	@.venv-bench/bin/python -m bench.model

##@ Develop it: check

scan: .venv-scan/.ready ## Check the template with checkov (exceptions: .checkov.yaml)
	@.venv-scan/bin/checkov --config-file .checkov.yaml

audit: .venv-scan/.ready node_modules/.ready ## Compare the pinned packages with lists of known vulnerabilities (needs the network)
	@.venv-scan/bin/pip-audit --disable-pip --no-deps --strict -r functions/requirements.txt -r requirements/local.txt
	@npm audit --omit=dev

check: lint ## The same as lint

lint: setup-dev ## Check format, lint, types, import direction, template, resolvers and client
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy emulator cli scripts bench functions/*.py functions/globalws_functions sdk/python/globalws_client
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.error_types --check
	.venv-sam/bin/sam validate --lint
	$(BIN)/cfn-lint --regions us-west-2 ap-southeast-2 -- templates/*.yaml
	npm run --silent lint:graphql
	npm run --silent static --workspace client --workspace sdk/typescript

format: setup-dev ## Format the Python sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

##@ Develop it: set up

# The environments are made side by side.
SETUP = .venv/.local .venv-sam/.ready .venv-ministack/.ready node_modules/.ready
SETUP_DEV = $(SETUP) .venv/.dev .venv-awscli/.ready

setup: prerequisites ## Install what `make run` needs (`make run` does it too)
	@$(MAKE) -j 4 $(SETUP)

setup-dev: prerequisites ## Install what `make test` needs (`make test` does it too)
	@$(MAKE) -j 4 $(SETUP_DEV)

prerequisites:
	@[ -e .venv/.python ] && [ -e node_modules/.ready ] || scripts/prerequisites.sh --with-node "$(PYTHON)"

.venv/.python: requirements/uv.txt
	@scripts/prerequisites.sh "$(PYTHON)"
	@echo "  setting up .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install -qq --disable-pip-version-check -r requirements/uv.txt || \
	  echo "  uv is not available here; pip does its work, more slowly" >&2
	@touch $@

.venv/.local: .venv/.python requirements/local.txt pyproject.toml
	@echo "  installing the local runtime's packages"
	@$(INSTALL) .venv -r requirements/local.txt
	@$(INSTALL) .venv --no-deps -e .
	@touch $@

.venv/.dev: .venv/.local requirements/dev.txt
	@echo "  installing the tests' packages"
	@$(INSTALL) .venv -r requirements/dev.txt
	@touch $@

.venv-%/.ready: requirements/%.txt | .venv/.python
	@echo "  setting up .venv-$*"
	@.venv/bin/python -m venv --without-pip --clear .venv-$*
	@$(INSTALL) .venv-$* -r requirements/$*.txt
	@touch $@

bench/node_modules/.ready: bench/package.json bench/package-lock.json
	@echo "  installing the simulator to compare with"
	@npm ci --prefix bench --silent --no-audit --no-fund
	@touch $@

node_modules/.ready: package.json package-lock.json
	@echo "  installing the Node packages"
	@npm ci --silent --no-audit --no-fund
	@touch $@

requirements: ## Update the pinned packages from requirements/*.in
	cd requirements && for name in dev sam ministack lambda-image scan; do \
	  ../$(BIN)/uv pip compile -q --upgrade --no-header --no-emit-index-url --no-annotate --python-version 3.11 $$name.in -o $$name.txt; done
	cd requirements && ../$(BIN)/uv pip compile -q --no-header --no-emit-index-url --no-annotate --python-version 3.11 -c dev.txt local.in -o local.txt
	cd requirements && ../$(BIN)/uv pip compile -q --no-header --no-emit-index-url --no-annotate --python-version 3.11 -c dev.txt functions.in -o ../functions/requirements.txt

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)


.PHONY: packages reference bench-sdk prerequisites versions pytest vitest bench bench-check bench-model check run up down invoke deploy add-region remove-region destroy local-invoke test test-unit test-deploy soak faults load fuzz breaks conformance scan audit evaluate-code lint format setup setup-dev clean distclean requirements help
