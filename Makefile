# make run    install, show what `tpi extract` says about four notes, and audit a small practice's claims
# make serve  install, and open the coder's page on this machine
# make test   install, and run the tests
# make lint   install, and check the style
# make bench  install the peers, too, and measure ours beside them (needs the network once, and a quiet machine)
#
# The first call builds .venv from a Python 3.11 or 3.12 and needs the network (or a local package index); later calls
# start at once and work offline. PYTHON=… picks another interpreter.

.DEFAULT_GOAL := help
.PHONY: help run serve test lint sbom bench clean
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
# The first that is suitable; scispacy, which we build on, is not made for later ones yet.
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for name in python3 python3.12 python3.11; do \
	    $$name -c '$(SUITABLE)' 2>/dev/null && echo $$name && break; done)
EXAMPLES := $(sort $(wildcard examples/*.txt))
PRACTICE := examples/practice
AUDIT := tpi audit $(PRACTICE)/notes.jsonl --claims $(PRACTICE)/claims.csv --fees $(PRACTICE)/fees.csv \
	--policy $(PRACTICE)/policy.toml --output build/audit.html
PYTEST ?= --numprocesses=auto --maxprocesses=4

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# What was installed is kept beside the environment: a fresh checkout with new file dates installs nothing again.
.PHONY: $(INSTALLED)
$(INSTALLED):
	@cmp -s pyproject.toml $@ || { \
	  "$(PYTHON)" -c '$(SUITABLE)' 2>/dev/null \
	    || { echo "tpi-extractor needs Python 3.11 or 3.12. Install one, or name it: make PYTHON=/path/to/python3.12 …" >&2; exit 2; }; \
	  test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	    || { echo "No virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }; \
	  echo "Installing into $(VENV) …" >&2; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]' && cp pyproject.toml $@; }

run: $(INSTALLED)
	@for note in $(EXAMPLES); do \
	  printf '\n$$ tpi extract %s\n\n' "$$note"; \
	  $(BIN)/tpi extract "$$note" || exit 1; \
	done
	@mkdir -p build
	@printf '\n$$ $(AUDIT)\n\n'
	@$(BIN)/$(AUDIT)
	@printf '\nOpen build/audit.html in a browser; `make serve` opens the page for single notes.\n'

serve: $(INSTALLED)
	@$(BIN)/tpi serve

test: $(INSTALLED)
	@$(BIN)/python -m pytest $(PYTEST)

lint: $(INSTALLED)
	@$(BIN)/python -m ruff check .

# What the wheel needs, as CycloneDX.
sbom: $(INSTALLED)
	@mkdir -p dist
	@$(BIN)/python tools/sbom.py documents databases interfaces excel > dist/sbom.cdx.json && echo "wrote dist/sbom.cdx.json"

# Tables and a plot go to .benchmarks/.
bench: $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[benchmarks]'
	@$(BIN)/python -m tests.benchmarks.peers
	@$(BIN)/python -m tests.benchmarks.startup
	@$(BIN)/python -m tests.benchmarks.limits
	@$(BIN)/python -m tests.benchmarks.batch 20000

clean:
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis
