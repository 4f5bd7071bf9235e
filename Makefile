# The book and its library. `make help` lists the targets.
# Needs Python 3.11 or newer, and a network once, for `.venv`.

VENV := .venv
ifeq ($(OS),Windows_NT)
  PYTHON ?= python
  PY := $(VENV)/Scripts/python.exe
else
  PYTHON ?= python3
  PY := $(VENV)/bin/python
endif
STAMP := $(VENV)/.installed
PIP := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
BIOME := node_modules/.bin/biome
PORT ?= 8000
# More options of JupyterLab, for example: make lab LAB_FLAGS="--no-browser"
LAB_FLAGS ?=
# Parts of `make test` to run, for example: make test PARTS="notebooks book"; JOBS=1 runs one test at a time.
PARTS ?=

# A relative SL1LIB_DATA would mean another folder in a notebook, whose kernel works in the notebook's own
# folder: the scripts in tools/ make it absolute before they start anything.

.DEFAULT_GOAL := help
.PHONY: help book editions test nightly grading pythons lint bench notebooks screenshots slides lab serve clean

help:
	@echo "make book         build the book, every notebook executed, warnings are errors"
	@echo "make editions     of the built book a PDF, an ePub and an archive, as make book does at its end"
	@echo "make test         library, doctests, notebooks, portability, book, browser  (PARTS=\"library doctests\" for some)"
	@echo "make nightly      notebooks and numerical tests under every processor that can be emulated here; takes hours"
	@echo "make grading      Otter-Grader and nbgrader, in an environment of their own, on one assignment"
	@echo "make pythons      wheel and source distribution in empty environments of every Python found here, oldest and newest NumPy"
	@echo "make lint         ruff, mypy, the layers: who may import whom; Biome for the JavaScript where there is npm"
	@echo "make bench        the benchmarks, side by side in one run  (OPTIONS=--quick: at most six minutes)"
	@echo "make notebooks    execute every notebook in place and store its outputs  (FILES=\"...\" for some)"
	@echo "make screenshots  pictures of every built page, two widths, light and dark"
	@echo "make slides       two lectures from the figures of the chapters, in _build/slides"
	@echo "make lab          open JupyterLab on the book, its figures live  (PORT=8000 LAB_FLAGS=\"--no-browser\")"
	@echo "make serve        show the built book at a local address  (PORT=8000)"
	@echo "make clean        remove what was built; keeps .venv"

# torch first and alone: with the rest in one call, pip may choose another build of it on the way.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed, this is ' + sys.version.split()[0] + '; say which with: make PYTHON=python3.12')"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@if $(PY) tools/installed.py; then touch $(STAMP); \
	elif echo "installing into $(VENV)" && $(PIP) torch==2.13.0 && $(PIP) -e ".[book,test,lint]"; then touch $(STAMP); \
	else $(PY) tools/installed.py --usable; fi

book: $(STAMP)
	$(PY) tools/build_book.py
	$(PY) tools/editions.py

editions: $(STAMP)
	$(PY) tools/editions.py

test: $(STAMP)
	$(PY) tools/run_tests.py $(PARTS)

nightly: $(STAMP)
	$(PY) tools/run_tests.py nightly
	$(MAKE) --no-print-directory grading
	$(MAKE) --no-print-directory pythons

# Their hundred packages hold others back, so that they have an environment of their own, without PyTorch.
GRADING := .venv-grading
grading: $(STAMP)
	test -d $(GRADING) || $(PY) -m venv $(GRADING)
	$(PY) -m pip --python $(GRADING) install --quiet --disable-pip-version-check numpy pytest ipykernel otter-grader nbgrader
	$(subst $(VENV),$(GRADING),$(PY)) -m pytest --noconftest tests/course/test_otter_nbgrader.py

pythons: $(STAMP)
	$(PY) tools/pythons.py

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command as run; run()"
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory lint-javascript; \
	else echo "npm is not here: the JavaScript was skipped"; fi

.PHONY: lint-javascript
lint-javascript: $(BIOME)
	$(BIOME) ci

$(BIOME): package.json
	npm install --silent --no-audit --no-fund --no-package-lock
	@touch $@

bench: $(STAMP)
	@test -f benchmarks/__main__.py || { echo "There are no benchmarks yet: benchmarks/__main__.py is missing." >&2; exit 1; }
	$(PY) -m benchmarks $(OPTIONS)

notebooks: $(STAMP)
	$(PY) tools/notebooks.py $(FILES)

screenshots: $(STAMP)
	$(PY) tools/screenshots.py

slides: $(STAMP)
	$(PY) tools/slides.py

# On another port if this one is taken; it says which.
lab: $(STAMP)
	$(PY) tools/lab.py --port=$(PORT) $(LAB_FLAGS)

serve: $(STAMP)
	@test -d _build/html || { echo "There is no book in _build/html yet: run make book first." >&2; exit 1; }
	@echo "http://127.0.0.1:$(PORT)/book/index.html   (Ctrl-C ends it)"
	$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

clean:
	rm -rf _build .pytest_cache .ruff_cache .mypy_cache .hypothesis
