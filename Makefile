# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
SERVE ?= 1
PORT ?= 7860
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export POLYGLANCE_DATA ?= $(CURDIR)/.polyglance
export PYTHONUNBUFFERED := 1

.PHONY: help run test lint format lock clean
help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Polyglance needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "== Installing into $(VENV) (first time: about 6 GB with PyPI's torch, a minute or more) =="
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "No venv module: install it (Debian, Ubuntu: apt install python3-venv) and try again."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@command -v pdftoppm >/dev/null || \
	  echo "Note: Poppler is not installed; PDF pages that MuPDF cannot draw will have no picture (Debian, Ubuntu: apt install poppler-utils)."
	@touch $@

run: $(STAMP) ## add the sample library, show three searches, serve the web page (SERVE=0: stop before)
	@$(BIN)/polyglance add samples/library
	@$(BIN)/polyglance search "Everyone has the right to education" --limit 5
	@$(BIN)/polyglance search "すべて人は、休息及び余暇をもつ権利を有する" --limit 5
	@$(BIN)/polyglance search "Katze" --modality image --limit 5
	@if [ "$(SERVE)" != 0 ]; then $(BIN)/polyglance serve --port $(PORT); fi

test: lint ## lint, types and the whole test suite
	@echo "== Tests =="
	@$(BIN)/pytest

lint: $(STAMP) ## style and types only
	@echo "== Style and types =="
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(STAMP) ## put the code into our style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(STAMP) ## pin anew what pyproject.toml asks for
	@$(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --upgrade \
	  --group dev pyproject.toml -o requirements.lock

clean: ## remove the virtual environment and the sample library's data
	rm -rf $(VENV) .polyglance
