# `make` alone lists the targets. Everything that a target needs is set up by the target itself.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
LOCKS := requirements/bootstrap.txt requirements/dev.txt
SOURCES := api operator tools tests
PYTEST = mkdir -p $(PYTEST_DEBUG_TEMPROOT) && $(PYTHON) -m pytest
# Temporary files of tests are in the cache too: nothing is left elsewhere, whatever kills a run.
export PYTEST_DEBUG_TEMPROOT := $(or $(RESTAURANT_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/restaurantstack)/tests

##@ Start here
.PHONY: demo
demo: $(READY) ## Bring up a real cluster with a working restaurant in it, and drive traffic through it
	@$(PYTHON) -m tools.demo

.PHONY: demo-down
demo-down: $(READY) ## Remove the demo's cluster and everything it left
	@$(PYTHON) -m tools.localcluster down --name demo

.PHONY: kubeconfig
kubeconfig: $(READY) ## Print the path of the demo cluster's kubeconfig: export KUBECONFIG=$(make kubeconfig)
	@$(PYTHON) -m tools.localcluster kubeconfig --name demo

##@ Tests
.PHONY: test
test: test-unit test-contract test-integration test-e2e ## Run every test: unit, contract, integration, end to end

.PHONY: test-unit
test-unit: $(READY) ## Test the pure parts, in seconds, without a cluster
	@$(PYTEST) tests/unit

.PHONY: test-contract
test-contract: $(READY) helm ## Test that generated files, charts, metrics and errors agree with the code
	@$(PYTEST) tests/contract

.PHONY: test-integration
test-integration: $(READY) prepare ## Test on a real API server, a real Redis and a real PostgreSQL
	@$(PYTEST) tests/integration

.PHONY: test-e2e
test-e2e: $(READY) helm prepare images ## Test on a real node: pods run, traffic flows, the operator dies
	@$(PYTEST) tests/e2e

.PHONY: coverage
coverage: $(READY) helm prepare ## Run all tests but the end-to-end ones and report coverage of both packages
	@$(PYTHON) -m coverage erase
	@$(PYTHON) -m coverage run -m pytest -q tests/unit tests/contract tests/integration
	@$(PYTHON) -m coverage combine -q && $(PYTHON) -m coverage report

##@ Checks
.PHONY: verify
verify: $(READY) helm ## Check format, lint, types, layers, chart, and that generated files are fresh
	@$(VENV)/bin/ruff format --check $(SOURCES)
	@$(VENV)/bin/ruff check $(SOURCES)
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m tools.generate_crd --check
	@$(PYTHON) -m tools.generate_manifests --check
	@$$($(PYTHON) -m tools.localcluster.binaries helm) lint --strict charts/restaurantstack-operator

.PHONY: format
format: $(READY) ## Format the code and mend what the linter can mend
	@$(VENV)/bin/ruff format $(SOURCES)
	@$(VENV)/bin/ruff check --fix $(SOURCES)

##@ Generated files
.PHONY: generate
generate: $(READY) helm ## Write the files that are generated from the code and the chart
	@$(PYTHON) -m tools.generate_crd
	@$(PYTHON) -m tools.generate_manifests

.PHONY: lock
lock: $(READY) ## Pin the newest versions that fit, with hashes, in requirements/
	@compile="$(VENV)/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11"; \
	echo uv | $$compile --no-annotate - -o requirements/bootstrap.txt; \
	$$compile api/pyproject.toml operator/pyproject.toml --group pyproject.toml:dev -o requirements/dev.txt; \
	for project in api operator; do $$compile -c requirements/dev.txt $$project/pyproject.toml -o requirements/$$project.txt; done

##@ Housekeeping
.PHONY: prepare
prepare: $(READY) ## Build and install what the local clusters and the tests' servers need
	@$(PYTHON) -m tools.localcluster prepare
	@$(PYTHON) -m tools.localcluster.packages

.PHONY: images
images: $(READY) ## Build the images of the product into the cache
	@$(PYTHON) -m tools.images build api operator >/dev/null

.PHONY: helm
helm: $(READY) ## Build Helm into the cache; print its path
	@$(PYTHON) -m tools.localcluster.binaries helm >/dev/null

.PHONY: clean
clean: ## Remove what the targets made in this folder; the cache in ~/.cache/restaurantstack stays
	rm -rf $(VENV) build .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  \033[36m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): $(LOCKS) api/pyproject.toml operator/pyproject.toml
	@python3 -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	@echo "  … set up $(VENV) (about 15 s)"
	@python3 -m venv --clear $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bootstrap.txt
	@$(VENV)/bin/uv pip install --quiet --require-hashes --requirement requirements/dev.txt
	@$(VENV)/bin/uv pip install --quiet --no-deps --no-build-isolation --editable api --editable operator
	@touch $@
