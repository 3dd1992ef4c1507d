# The two commands of this project, `make nightly` and `make test`, and the few beside them.
# A set-up step leaves a stamp named by what it was made from, so that doing it again takes no time.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Without compiled bytecode every process compiles every import again, which more than doubles its start.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONUNBUFFERED := 1
export LIFECYCLE_HOME ?= $(CURDIR)/var

PYTHON ?= python3
PYTEST ?= -n 2 --dist loadfile --no-loadscope-reorder --durations 25
VENV := .venv/bin
UV := $(VENV)/uv

made_from = $(shell cat $(1) | git hash-object --stdin | cut -c1-12)
BOOT := .venv/.boot-$(call made_from,requirements/bootstrap.txt)
MAIN := .venv/.main-$(call made_from,requirements/bootstrap.txt requirements/main.txt pyproject.toml)
DEV := .venv/.dev-$(call made_from,requirements/bootstrap.txt requirements/main.txt requirements/dev.txt pyproject.toml)
SPARK := .venv-spark/.made-$(call made_from,requirements/bootstrap.txt requirements/spark.txt)
INSTALL := $(UV) pip install --python $(VENV)/python --compile-bytecode

.PHONY: help
help:  ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: nightly
nightly: $(MAIN)  ## set up, tell the demo's story once, run the night, publish, and say where to look
	@$(VENV)/lifecycle init
	@# Whoever has files of their own has no use for the demo; an interrupted one is gone on with.
	@home="$$($(VENV)/lifecycle home)"; \
	if [ -z "$$(ls -A "$$home/landing" 2>/dev/null)" ]; then touch "$$home/demo.unfinished"; fi; \
	if [ -e "$$home/demo.unfinished" ]; then \
		PATH="$(CURDIR)/$(VENV):$$PATH" demo/tell.sh "$$home"; \
		rm "$$home/demo.unfinished"; \
	fi
	@$(VENV)/lifecycle nightly

.PHONY: test
test: lint $(if $(shell command -v java),$(SPARK))  ## every linter and every test
	@$(VENV)/python -m pytest $(PYTEST)

.PHONY: spark
spark: $(MAIN) $(SPARK)  ## build the critical path with Spark over the lake of the home (SPARK_OPTIONS="--help")
	@$(VENV)/lifecycle prepare
	@.venv-spark/bin/python -m orchestration.spark_build --home "$(LIFECYCLE_HOME)" $(SPARK_OPTIONS)

.PHONY: ui
ui: $(MAIN)  ## the Dagster UI and its daemon, on this machine only
	@$(VENV)/lifecycle ui

.PHONY: dashboard
dashboard: $(MAIN)  ## the pages over what is published, on this machine only
	@$(VENV)/streamlit run dashboards/app.py --server.headless true --server.address 127.0.0.1 \
		--server.fileWatcherType none --browser.gatherUsageStats false -- --home "$$($(VENV)/lifecycle home)"

.PHONY: accept
accept: $(DEV)  ## every acceptance figure at full size, written to docs/acceptance.md
	@$(VENV)/lifecycle prepare
	@$(VENV)/python -m tests.acceptance

.PHONY: bench
bench: $(DEV)  ## speed and size, side by side with plain DuckDB
	@$(VENV)/python -m bench

.PHONY: prepare
prepare: $(DEV)
	@$(VENV)/lifecycle prepare

.PHONY: lint
lint: prepare  ## ruff, basedpyright, sqlfluff
	$(VENV)/ruff check --quiet
	$(VENV)/ruff format --check --quiet
	$(VENV)/basedpyright
	$(VENV)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

.PHONY: format
format: $(DEV)  ## let the linters mend what they can
	@$(VENV)/ruff check --fix --quiet
	@$(VENV)/ruff format
	$(VENV)/sqlfluff fix --disable-progress-bar dbt_project/models dbt_project/tests

.PHONY: asset-graph
asset-graph: prepare  ## accept the asset graph as it is now (a test compares with it)
	@$(VENV)/python -m tests.architecture.asset_graph

.PHONY: lock
lock: $(BOOT)  ## resolve requirements/*.in again, every file with its hash
	@for group in bootstrap main dev spark; do \
		echo "Locking requirements/$$group.txt"; \
		$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			requirements/$$group.in --output-file requirements/$$group.txt; \
	done

.PHONY: clean
clean:  ## forget the environments; what the product stores stays
	rm -rf .venv .venv-spark

.PHONY: clean-home
clean-home:  ## forget the checkout's own home: raw files, ledger, everything published
	rm -rf var

$(BOOT):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(MAIN): $(BOOT)
	@echo "Installing what the product needs"
	@$(INSTALL) --quiet --require-hashes -r requirements/main.txt
	@$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(MAIN)
	@echo "Installing what the tests need"
	@$(INSTALL) --quiet --require-hashes -r requirements/dev.txt
	@touch $@

# Spark stands beside: it and dbt for it want an older pandas. Its source is built with what is locked, too.
$(SPARK): $(BOOT)
	@echo "Making .venv-spark"
	@rm -rf .venv-spark
	@$(PYTHON) -m venv .venv-spark
	@$(UV) pip sync --quiet --python .venv-spark/bin/python --compile-bytecode --require-hashes \
		--build-constraints requirements/spark.txt requirements/spark.txt
	@touch $@
