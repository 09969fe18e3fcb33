# Everything a person does with this repository; `make` alone lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet --no-input
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" pyproject.toml --extra build
BUNDLED := $(shell find erp/frontend plugins -path '*/node_modules' -prune -o -path '*/dist' -prune -o \
	\( -path '*/frontend/*' -o -path '*/templates/*' \) -type f -print 2>/dev/null) $(wildcard erp/web/templates/*/*.html)
BUNDLES := erp/frontend/dist/sources.json
SOURCES := $(shell find erp plugins tests -name node_modules -prune -o -name '*.py' -print)
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/*.po)
CHROMIUM = $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: help run test lint format bench soak pictures translate lock clean install dev chromium

help:  ## list what there is
	@echo "make run starts Millrace at http://127.0.0.1:8080 (PORT=8081 make run: elsewhere). All targets:"
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

run: install  ## start everything: database, Redis, web, workers, scheduler
	@exec $(BIN)/python -m erp run

test: dev chromium lint  ## lint, then all tests
	@$(BIN)/python -m pytest -n 3 --dist worksteal --durations=40 --durations-min=4 -m "not soak"

lint: dev  ## style, types and the walls between the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: dev  ## put the source in shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: dev  ## measure, write build/bench.json (ONLY=key measures one)
	@$(BIN)/python -m tests.bench $(ONLY)

soak: dev chromium  ## the long tests: full counts, hours of chaos
	@$(BIN)/python -m pytest -n 2 -m soak

pictures: dev chromium  ## follow the guides in the browser and take their pictures (ONLY="list inbox" takes two)
	@$(BIN)/python -m tests.pictures $(ONLY)

translate: dev  ## collect the texts of the source into translations/ and compile them
	@mkdir -p build
	@$(BIN)/pybabel --quiet extract --mapping-file=pyproject.toml --keywords=_l --no-location --sort-output \
		--ignore-dirs=".* _* build dist node_modules tests" --project=Millrace --output-file=build/messages.pot .
	@$(BIN)/pybabel update --input-file=build/messages.pot --output-dir=translations --no-fuzzy-matching \
		--ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel compile --directory=translations --statistics

lock: dev  ## choose the newest allowed versions of all dependencies
	@$(COMPILE) --upgrade --output-file requirements.lock
	@$(COMPILE) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean:  ## remove what was built; data in var/ stay
	@rm -rf $(VENV) build dist erp/frontend/dist erp/frontend/node_modules
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find erp plugins tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

install: $(VENV)/.project $(VENV)/.compiled $(BUNDLES) $(VENV)/.catalogues
dev: $(VENV)/.dev install

$(VENV)/.python:
	@for python in $(PYTHON) python3.11 python3.12 python3 python3.13; do \
		if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; \
		then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Millrace needs Python 3.11 or 3.12, and there is none: apt install python3 python3-venv" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		version=$$($$found -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "Python $$version cannot make virtual environments yet: apt install python$$version-venv" >&2; exit 1; \
	fi; \
	echo "Installing what Millrace needs; this happens once and takes a minute ..."; \
	$$found -m venv --clear $(VENV)
	@touch $@

$(VENV)/.locked: requirements.lock $(VENV)/.python
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.locked
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

$(BUNDLES): $(BUNDLED) hatch_build.py $(VENV)/.locked
	@echo "Bundling the browser code ..."
	@$(BIN)/python hatch_build.py
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.locked $(BUNDLES)
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

# by name: where PYTHONDONTWRITEBYTECODE is set, every process would translate all of it anew;
# it is speed and nothing else, so what cannot be translated or written stops nobody
$(VENV)/.compiled: $(SOURCES) $(VENV)/.locked
	@$(BIN)/python -m compileall -qq erp plugins tests -x node_modules || true
	@touch $@ 2>/dev/null || true

$(VENV)/.catalogues: $(CATALOGUES) $(VENV)/.locked
	@[ -z "$(CATALOGUES)" ] || $(BIN)/pybabel --quiet compile --directory=translations
	@touch $@

chromium:
	@if [ -z "$(CHROMIUM)" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium for the browser tests ..."; \
			apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; \
		else \
			echo "The browser tests need Chromium: apt install chromium" >&2; exit 1; \
		fi; \
	fi
