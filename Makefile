# Every command makes its own .venv from the project's files alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find native -type f) CMakeLists.txt pyproject.toml constraints.txt

.PHONY: demo test test-slow lint bench docs wheel clean

$(VENV)/.ready: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

$(VENV)/.docs-ready: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

demo: $(VENV)/.ready
	$(BIN)/ostinato demo

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# Tests of the page click in Debian's Chromium; where there is none, and none can be had, they are
# skipped with a word.
$(VENV)/.chromium: $(VENV)/.ready
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  && { DEBIAN_FRONTEND=noninteractive timeout 240 apt-get install -y -qq chromium >/dev/null 2>&1 \
	    || { timeout 120 apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive timeout 240 apt-get install -y -qq chromium >/dev/null 2>&1; }; } } \
	  || echo "No Chromium: tests of the page in a browser are skipped. On Debian: apt-get install chromium"
	@touch $@

# A process for each core and one thread in each: on two cores half the time of one with two threads.
test: lint $(VENV)/.chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

test-slow: $(VENV)/.ready
	$(BIN)/python -m pytest -m slow

# Every script: $(BIN)/python -m benchmarks
bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks.layers --out benchmarks/layers.md
	$(BIN)/python -m benchmarks.step

docs: $(VENV)/.docs-ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# A wheel in dist/ that needs no compiler where it is installed.
wheel: $(VENV)/.ready
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps -c constraints.txt -w dist .
	ls dist/*.whl

clean:
	rm -rf $(VENV) build dist site
