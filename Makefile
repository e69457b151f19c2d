# The five commands a newcomer needs; CI runs the same ones. Safe to repeat, quick the second time.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
HOME_DIR ?= .policydesk
PORT ?= 8000
# What an environment was made from; a change makes it anew.
STAMP = $(shell cksum < pyproject.toml | cut -d' ' -f1)

.PHONY: help run test lint bench eval gate browser-test pictures setup setup-dev setup-race weights chromium tesseract clean

help:
	@echo "make run           set everything up and start the chat on http://127.0.0.1:$(PORT)"
	@echo "make test          set everything up and run all tests"
	@echo "make lint          ruff and mypy"
	@echo "make eval          measure retrieval and answers on the sample questions"
	@echo "make bench         measure speed and memory on this machine"
	@echo "make browser-test  only the tests that drive a browser"
	@echo "make pictures      take the guides' pictures anew"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "policydesk needs Python 3.11, 3.12 or 3.13; install one, or run: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade "pip>=25.1" "hatchling>=1.27" "editables>=0.5"

# An environment may serve several checkouts: the one it is used from is installed. -P: not what lies in the current folder.
# torch goes first and alone: an exact version, so that no accelerator packages come with it.
setup: $(BIN)/python
	@if [ ! -f $(VENV)/.installed-$(STAMP) ]; then \
	  echo "Installing Policydesk (a few minutes the first time) ..." && \
	  $(BIN)/pip install --quiet "torch==2.13.0" && $(BIN)/pip install --quiet -e . && touch $(VENV)/.installed-$(STAMP); fi
	@$(BIN)/python -P -c 'import assistant, pathlib, sys; sys.exit(pathlib.Path(assistant.__file__).parent.parent.resolve() != pathlib.Path.cwd().resolve())' 2>/dev/null \
	  || $(BIN)/pip install --quiet --no-deps --no-build-isolation -e .

setup-dev: setup
	@if [ ! -f $(VENV)/.installed-dev-$(STAMP) ]; then \
	  $(BIN)/pip install --quiet -e ".[dev]" && touch $(VENV)/.installed-dev-$(STAMP); fi

# The peers of the race, which nothing else needs. Where they cannot be had it goes without them, and its table says so.
setup-race: setup
	@if [ ! -f $(VENV)/.installed-race-$(STAMP) ]; then \
	  echo "Installing the peers of the race ..." && \
	  if $(BIN)/pip install --quiet -e ".[race]"; then touch $(VENV)/.installed-race-$(STAMP); \
	  else echo "The peers could not be installed; racing those that are here." >&2; fi; fi

weights: setup
	@$(BIN)/policydesk models pull

# Browser tests drive Debian's Chromium; where it cannot be installed they are skipped and say so.
chromium:
	@if ! command -v chromium >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; fi

# Scans are read by Debian's tesseract; where it cannot be installed its tests are skipped and say so.
tesseract:
	@if ! command -v tesseract >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends tesseract-ocr tesseract-ocr-eng >/dev/null; fi

run: weights
	@$(BIN)/policydesk --home $(HOME_DIR) ingest --catalog corpora/sample/catalog.json corpora/sample/documents
	@$(BIN)/policydesk --home $(HOME_DIR) serve --demo --port $(PORT)

test: setup-dev weights chromium tesseract
	$(BIN)/pytest

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser-test: setup-dev weights chromium
	$(BIN)/pytest -m browser

# The guides' pictures are what the browser tests saw last.
pictures: setup-dev weights chromium
	$(BIN)/pytest tests/browser/test_end_to_end.py tests/browser/test_console_guide.py tests/browser/test_reports_guide.py
	cp artifacts/guide-*.png artifacts/hr-*.png artifacts/eval-*.png docs/images/

# Set DATA to measure a folder of your own.
DATA ?= corpora/sample
BASELINE ?= evals/results/baseline-sample.json
OUT ?= .policydesk/eval

eval: setup-dev weights
	@mkdir -p $(OUT)
	$(BIN)/policydesk eval retrieval $(DATA) --split test --json $(OUT)/retrieval.json
	$(BIN)/policydesk eval answers $(DATA) --split test --model quote --json $(OUT)/answers.json

# A significant drop against the committed baseline fails; a change that cuts passages otherwise needs a new baseline.
gate: setup-dev weights
	@mkdir -p $(OUT)
	$(BIN)/policydesk eval answers corpora/sample --split dev --model quote --json $(OUT)/gate.json
	$(BIN)/policydesk eval compare $(BASELINE) $(OUT)/gate.json

bench: setup-race weights
	@mkdir -p $(OUT)
	$(BIN)/policydesk bench --passages 1e3,1e4 --json $(OUT)/bench.json

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
