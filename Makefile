# make lab     open the course in JupyterLab      (make lab NO_BROWSER=1 serves without a browser)
# make test    lint, floors and tests             (make test ARGS="tests/test_house.py -k readme")
# make bench   measure the engines side by side   (make bench ARGS="--quick --json bench.json")
# make pictures   draw the README's pictures again
# make slides  write the slides of four lectures to build/slides   (make slides ARGS="-o FOLDER")
# make venv    only set up .venv                  (make venv PYTHON=python3.12)
# make clean   remove .venv and caches
#
# Each target sets up .venv by itself; a second call costs seconds.

PYTHON  ?= python3
WORKERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt
FAILED   = { rm -f $@; echo "Installing failed, the lines above say why: connect to the network, see that 5 GB of disk are free, and run make again." >&2; exit 1; }

.PHONY: lab test bench pictures slides venv clean

lab: $(VENV)/course-ready
	@$(BIN)/nsynth-edu lab $(if $(NO_BROWSER),--no-browser) $(ARGS)

test: $(VENV)/tests-ready
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(ARGS)

bench: $(VENV)/course-ready
	@$(BIN)/nsynth-edu bench $(ARGS)

pictures: $(VENV)/tests-ready
	@$(BIN)/python pictures/draw.py

slides: $(VENV)/course-ready
	@$(BIN)/python exercises/instructor/slides/build.py $(ARGS)

venv: $(VENV)/tests-ready

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo "There is no '$(PYTHON)' here: install Python 3.11 or newer, or name yours: make PYTHON=/path/to/python." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$$("$(PYTHON)" --version 2>&1) is too old: nsynth-edu needs 3.11 or newer; name one: make PYTHON=python3.11." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "'$(PYTHON)' lacks the venv module: install it (Debian, Ubuntu: apt-get install python3-venv) and run make again." >&2; exit 1; }
	@echo "Making .venv: some minutes and about 2 GB, this once."
	@"$(PYTHON)" -m venv --clear $(VENV)

$(VENV)/course-ready: $(BIN)/python pyproject.toml constraints.txt
	@$(PIP) --editable . || $(FAILED)
	@touch $@

# the course first, so that a reader who only listens never waits for the test tools
$(VENV)/tests-ready: $(VENV)/course-ready
	@$(PIP) --editable '.[dev]' || $(FAILED)
	@touch $@

clean:
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .import_linter_cache
