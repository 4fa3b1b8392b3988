# Two commands: `make run` starts everything, `make test` checks everything. Needs Python 3.11 or newer.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
PY := $(VENV)/bin/python
# A stamp says: this was installed. In the environment itself, so that both go together.
LOCAL := $(VENV)/.installed-local
DEV := $(VENV)/.installed-dev
ASSETS := $(VENV)/.browser-assets
PEERS := $(VENV)/.peer-packages
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-input
UV_VERSION := 0.13.9
COMPILE = $(VENV)/bin/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.PHONY: help run test peers check format bench soak migrate lock assets

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-8s %s\n' "$$name" "$$text"; done

run: $(LOCAL) $(ASSETS) ## start everything here; Ctrl-C stops it (HEADLESS=1: no colours)
	@exec $(PY) -m workers run $(if $(filter-out 0,$(HEADLESS)),--headless)

test: $(DEV) $(ASSETS) $(PEERS) ## every test (ARGS="tests/domain -k parts" for some)
	@$(PY) -m pytest $(if $(ARGS),$(ARGS),--numprocesses 2 --dist loadscope --no-loadscope-reorder --durations 25)

peers: $(DEV) ## the tests against programs of other people (Kannel: apt-get install kannel)
	@$(PY) -m scripts.peer_packages
	@$(PY) -m pytest -m peer tests/peers tests/api $(ARGS)

check: $(DEV) ## format, lint, types, imports point down, no new secret, no known vulnerability
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(PY) -m mypy --strict .
	PYTHONPATH=. $(VENV)/bin/lint-imports
	$(PY) -m scripts.scan_secrets
	$(PY) -m scripts.audit_dependencies

format: $(DEV) ## put the code into its form
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: $(LOCAL) $(PEERS) ## measure throughput
	@$(PY) -m benchmarks $(ARGS)

soak: $(DEV) ## an hour of traffic, faults and killed processes (ARGS="--minutes 10 --seed 7"); all books must agree
	@$(PY) -m tests.soak $(ARGS)

migrate: $(LOCAL) ## bring the database of DATABASE_URL to the newest version
	@$(PY) -m workers migrate

lock: $(DEV) ## resolve the dependencies again (UPGRADE=--upgrade: newest of each)
	$(PIP_INSTALL) uv==$(UV_VERSION)
	$(COMPILE) $(UPGRADE) --output-file requirements.txt
	$(COMPILE) $(UPGRADE) --extra local --constraint requirements.txt --output-file requirements-local.txt
	$(COMPILE) $(UPGRADE) --extra local --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	npm install --package-lock-only --ignore-scripts
	cd tests/peers/node && npm install --package-lock-only --ignore-scripts
	cd tests/e2e/node && npm install --package-lock-only --ignore-scripts
	cd tests/api/clients/node && npm install --package-lock-only --ignore-scripts
	$(VENV)/bin/uv pip compile --quiet tests/api/clients/python/requirements.in --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate $(UPGRADE) \
		--output-file tests/api/clients/python/requirements.txt

assets: $(LOCAL) ## fetch the browser assets again
	@$(PY) -m scripts.browser_assets
	@touch $(ASSETS)

$(PY):
	@test -n "$(PYTHON)" || { echo 'No Python 3.11 or newer found. Set PYTHON=/path/to/python3.' >&2; exit 1; }
	@echo 'Creating $(VENV) with $(PYTHON) …'
	@"$(PYTHON)" -m venv $(VENV) || { rm -f $(PY); \
		echo 'On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

$(LOCAL): requirements-local.txt | $(PY)
	@echo 'Installing what `make run` needs …'
	@$(PIP_INSTALL) --require-hashes -r requirements-local.txt
	@touch $@

# Holds everything of requirements-local.txt as well.
$(DEV): requirements-dev.txt requirements-local.txt | $(PY)
	@echo 'Installing what `make test` needs …'
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@touch $(LOCAL) $@

# Tried once; without it the portal works all the same. `make assets` tries again.
$(ASSETS): package.json package-lock.json scripts/browser_assets.py scripts/npm.py | $(PY)
	@$(PY) -m scripts.browser_assets
	@touch $@

# Tried once as well; what is missing is skipped with its reason. `make peers` tries again.
$(PEERS): tests/peers/node/package-lock.json tests/e2e/node/package-lock.json \
		tests/api/clients/node/package-lock.json tests/api/clients/python/requirements.txt scripts/peer_packages.py scripts/npm.py | $(PY)
	@$(PY) -m scripts.peer_packages
	@touch $@
