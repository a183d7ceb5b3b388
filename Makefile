# make up     everything that Projector needs, on a fresh machine, until Ctrl-C
# make test   the whole test suite, on a fresh machine
# Options of `manage.py up` go into ARGS: make up ARGS="--port 9000"

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/requirements.installed
TESTS_INSTALLED := $(VENV)/test-requirements.installed
CHROMIUM := /usr/bin/chromium
# The pip of older systems fails on packages that come as source only.
PIP := pip==26.3
PIP_INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: up test check unit-tests browser-tests

up: $(INSTALLED)
	@exec $(PYTHON) manage.py up $(ARGS)

test: check unit-tests browser-tests

check: $(TESTS_INSTALLED)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy manage.py projector_site annotations workers

# A process for each core, each with a PostgreSQL of its own; the tests of a file stay together.
unit-tests: $(TESTS_INSTALLED)
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -c tests/pytest.ini tests --ignore tests/browser --ignore tests/benchmarks \
	    --ignore tests/faults --numprocesses auto --maxprocesses 4 --dist loadfile

# Apart from the others: Playwright's event loop makes Django refuse the ORM unless it is allowed.
browser-tests: $(TESTS_INSTALLED) $(CHROMIUM)
	DJANGO_ALLOW_ASYNC_UNSAFE=true $(PYTHON) -m pytest -c tests/pytest.ini tests/browser \
	    --numprocesses auto --maxprocesses 4 --dist loadfile

$(INSTALLED): requirements.txt | $(PYTHON)
	@echo "Installing requirements.txt into $(VENV); the first time takes some minutes ..."
	@$(PIP_INSTALL) $(PIP)
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(TESTS_INSTALLED): tests/requirements.txt $(INSTALLED)
	@echo "Installing tests/requirements.txt into $(VENV) ..."
	@$(PIP_INSTALL) -r tests/requirements.txt
	@touch $@

$(PYTHON):
	@for name in python3 python3.13 python3.12 python3.11; do \
	    if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Projector needs Python 3.11 or newer: install it (Debian: apt-get install python3-venv)." >&2; \
	    exit 1; \
	fi; \
	if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "The venv module of $$found is missing: install it (Debian: apt-get install python3-venv)." >&2; \
	    exit 1; \
	fi; \
	if ! mkdir -p $(VENV) 2>/dev/null || [ ! -w $(VENV) ]; then \
	    echo "$(CURDIR)/$(VENV) cannot be written: copy the project into a folder of your own." >&2; \
	    exit 1; \
	fi; \
	rm -f $(INSTALLED) $(TESTS_INSTALLED); \
	$$found -m venv $(VENV)

$(CHROMIUM):
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -q -y --no-install-recommends chromium; \
	else \
	    echo "The browser tests need $(CHROMIUM): install it (Debian: sudo apt-get install chromium)." >&2; \
	    exit 1; \
	fi
