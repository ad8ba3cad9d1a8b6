# Everything from a bare clone. Needs make and Python 3.11 or later with venv; says what else.

PORT ?= 8000
HOST ?= 127.0.0.1
IMAGES ?=
TESTS ?=
JOBS ?= 2
BENCH ?=
TILEWRIGHT_HOME ?= $(CURDIR)/var
export TILEWRIGHT_HOME

BIN := .venv/bin
CODE := src tests bench scripts

.PHONY: help serve test check fix bench
.DELETE_ON_ERROR:

help:
	@echo "make serve   serve sample images, or IMAGES=\"a.tif dir/\", at HOST=$(HOST) PORT=$(PORT)"
	@echo "make test    run all tests, or TESTS=tests/test_cli.py, in JOBS=$(JOBS) processes"
	@echo "make check   check format, lint, types, layers and the links in the docs"
	@echo "make fix     repair what format and lint can repair"
	@echo "make bench   measure speed and memory against other libraries, or BENCH=in_process"

serve: .venv/.serve
	@scripts/build-frontend || \
		echo "The viewer's front end was not built: it will load OpenLayers from cdn.jsdelivr.net."
	@exec $(BIN)/tilewright serve --host $(HOST) --port $(PORT) $(IMAGES)

test: .venv/.develop
	@scripts/install-test-tools
	@scripts/build-frontend
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(TESTS)

check: .venv/.develop
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_links.py

fix: .venv/.develop
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: .venv/.develop
	@$(BIN)/python -m bench $(BENCH)

# The stamps are older than what they were made from when that has changed.
.venv/.serve: pyproject.toml scripts/install
	@scripts/install serve

.venv/.develop: pyproject.toml scripts/install
	@scripts/install develop
