# Everything that a person or a workflow runs, as one-liners; `make` alone prints this help.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON  ?= python3
UV      := .uv/bin/uv
RUN     := .venv/bin
UV_PIN  := 0.13.9
CLUSTER ?= auto
export CLUSTER

##@ Start here
.PHONY: help
help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  \033[36m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nCLUSTER=auto|kind|devcluster|existing chooses where `make up` runs.\n'

.PHONY: up
up: env ## Bring up a cluster with a running HasteCRM (the product on your machine)
	@$(RUN)/python tools/quickstart.py up

.PHONY: test
test: env ## Run every test: lint, types, unit, integration, API server, real pods
	@$(RUN)/python tools/stages.py all

.PHONY: down
down: ## Remove the cluster that `make up` made, with all its data
	@$(PYTHON) tools/devcluster down

##@ Look around
.PHONY: status
status: ## Show the cluster and the HasteCRM objects in it
	@$(PYTHON) tools/devcluster status
	@KUBECONFIG=$$($(PYTHON) tools/devcluster kubeconfig) $(RUN)/kubectl get hastecrm --all-namespaces

.PHONY: kubeconfig
kubeconfig: ## Print the path of the cluster's kubeconfig
	@$(PYTHON) tools/devcluster kubeconfig

.PHONY: shell
shell: env ## Open a shell whose kubectl talks to the cluster
	@$(PYTHON) tools/devcluster shell

.PHONY: password
password: env ## Print the password of the first account (owner@example.com)
	@$(RUN)/python tools/quickstart.py password

.PHONY: token
token: env ## Print the access token of the API
	@$(RUN)/python tools/quickstart.py token

.PHONY: demo-data
demo-data: env ## Fill the running CRM with sample contacts (CONTACTS=200)
	@$(RUN)/python tools/quickstart.py demo-data --contacts $(or $(CONTACTS),200)

##@ Develop
.PHONY: check
check: guard env ## The fast inner loop: format, lint, types, imports, unit tests (< 60 s)
	@$(RUN)/python tools/stages.py check

.PHONY: format
format: env ## Format the code
	@$(RUN)/ruff format . && $(RUN)/ruff check --fix .

.PHONY: generate
generate: env ## Write the generated files again (CRD, reference pages)
	@for what in crd api_reference conditions_reference runbooks settings_reference operator_metrics environment error_reference openapi typescript_errors known_passwords kubectl_reference; do $(RUN)/python tools/generate_$$what.py || exit 1; done

.PHONY: verify
verify: env ## Fail if a generated file is not what its source makes
	@$(RUN)/python tools/stages.py verify

.PHONY: test-unit test-integration test-apiserver test-e2e e2e-data
test-unit: env ## Unit and repository tests
	@$(RUN)/python tools/stages.py unit
test-integration: env ## The CRM against a real PostgreSQL and Redis
	@$(RUN)/python tools/stages.py integration
test-apiserver: env ## The operator against a real API server (no pods)
	@$(RUN)/python tools/stages.py apiserver
test-e2e: env ## Everything on real pods
	@$(RUN)/python tools/stages.py e2e
e2e-data: env ## The part of it about releases, backups and restores
	@$(RUN)/python tools/stages.py e2e-data

.PHONY: run-operator
run-operator: env ## Run the operator on this host against the cluster (the one in the cluster is paused)
	@$(RUN)/python tools/quickstart.py run-operator

.PHONY: images
images: ## Build the container images
	@$(PYTHON) tools/images build

.PHONY: bench
bench: env ## Measure what the README states: footprint, start-up, time to Ready
	@$(RUN)/python bench/foundation.py

.PHONY: bench-app bench-app-smoke
bench-app: env ## Measure the API on one core, about 10 minutes (ONLY=live,login RUNS=1 for less)
	@$(RUN)/python bench/service $(if $(RUNS),--runs $(RUNS)) $(if $(ONLY),--only $(ONLY))
bench-app-smoke: env ## Fail if a request costs 20 % more CPU than the stored figures say (about 2 minutes)
	@$(RUN)/python bench/service --smoke

.PHONY: bench-operator bench-operator-smoke
bench-operator: env ## Measure the operator up to 1,000 objects, about 20 minutes (ONLY=drift N=1,100 REST=60 for less)
	@$(RUN)/python bench/operator $(if $(N),--n $(N)) $(if $(ONLY),--only $(ONLY)) $(if $(REST),--rest $(REST))
bench-operator-smoke: env ## Fail if the operator became slower or writes more than the stored figures say (< 90 s)
	@$(RUN)/python bench/operator --smoke

.PHONY: bench-data
bench-data: env ## Measure dumps and restores of 1,000,000 contacts, and releases, about 15 minutes (ONLY=dump RUNS=5 N=100000 for others)
	@$(RUN)/python bench/data $(if $(N),--n $(N)) $(if $(ONLY),--only $(ONLY)) $(if $(RUNS),--runs $(RUNS))

.PHONY: pictures
pictures: env ## Take the documents' pictures again, from the running CRM (needs chromium)
	@$(RUN)/python tools/pictures.py

##@ Housekeeping
.PHONY: lock
lock: $(UV) ## Resolve the dependencies again into uv.lock
	@$(UV) lock

.PHONY: clean
clean: ## Remove what was built in this checkout (not the cluster, not the caches)
	rm -rf .venv .uv build dist htmlcov artifacts .coverage* .mypy_cache .ruff_cache .import_linter_cache

.PHONY: guard env
guard:
	@test ! -e operator/__init__.py || { echo "operator/__init__.py would shadow the standard library's operator: remove it"; exit 1; }
	@test ! -e app/__init__.py || { echo "app/__init__.py must not exist: app/ is a folder of packages"; exit 1; }

env: .venv/.synced

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@echo "• installing the locked dependencies into .venv"
	@$(UV) sync --frozen --quiet
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "HasteCRM needs Python 3.11 or newer as '$(PYTHON)'; found $$($(PYTHON) --version 2>&1). Set PYTHON=… to another one."; exit 1; }
	@$(PYTHON) -m venv --help >/dev/null 2>&1 && $(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "HasteCRM needs Python's venv module (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "• installing uv $(UV_PIN) into .uv"
	@$(PYTHON) -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_PIN)
