# The two commands a new user needs: `make run` and `make test`. They work from any folder
# (`make -C path/to/checkout run`) and say plainly what is missing.

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
VENV := $(ROOT)/.venv
PYTHON ?= python3
BIN := $(VENV)/bin
NOTES ?= $(ROOT)/notes
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Where the plain torch wheel would bring gigabytes of CUDA packages, point this at the CPU wheels:
#   make test TORCH_INDEX="--extra-index-url https://download.pytorch.org/whl/cpu"
TORCH_INDEX ?=

.PHONY: run test test-cluster check format clean
.DEFAULT_GOAL := run

# Ask your notes in the browser.
run: $(VENV)/.core
	@cd "$(ROOT)" && "$(BIN)/kb" init "$(NOTES)"
	@cd "$(ROOT)" && "$(BIN)/kb" serve --notes "$(NOTES)"

# Install what the tests need and run them all.
test: $(VENV)/.all
	@cd "$(ROOT)" && "$(BIN)/python" -m pytest --ignore tests/cluster

# The tests on real engines, Milvus Lite among them.
test-cluster: $(VENV)/.cluster
	@cd "$(ROOT)" && "$(BIN)/python" -m pytest tests/cluster

# Style and types.
check: $(VENV)/.all
	@cd "$(ROOT)" && "$(BIN)/ruff" check . && "$(BIN)/ruff" format --check . && "$(BIN)/pyright"

format: $(VENV)/.all
	@cd "$(ROOT)" && "$(BIN)/ruff" check --fix . && "$(BIN)/ruff" format .

$(VENV)/bin/python:
	@command -v "$(PYTHON)" >/dev/null || { echo "make: $(PYTHON) is missing: install Python 3.11 or newer, or name one with PYTHON=..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than Python 3.11; name a newer one with PYTHON=..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { echo "make: Python's venv module is missing: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@"$(PYTHON)" -m venv "$(VENV)"

$(VENV)/.core: $(VENV)/bin/python $(ROOT)/pyproject.toml
	@echo "Installing into $(VENV) (a few hundred MB, once)"
	@$(PIP) --editable "$(ROOT)"
	@touch "$@"

$(VENV)/.all: $(VENV)/.core $(ROOT)/pyproject.toml
	@echo "Installing what tests need (PyTorch among it, once)"
	@$(PIP) $(TORCH_INDEX) --editable "$(ROOT)[api,mcp,models,dev]"
	@touch "$@"

$(VENV)/.cluster: $(VENV)/.all $(ROOT)/pyproject.toml
	@echo "Installing the engines of a cluster (once)"
	@$(PIP) $(TORCH_INDEX) --editable "$(ROOT)[api,mcp,models,dev,cluster]"
	@touch "$@"

clean:
	@rm -rf "$(VENV)"
