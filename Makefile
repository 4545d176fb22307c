# make run    the bot: on Telegram when TELEGRAM_TOKEN is set (here or in .env), else with the local chat
# make web    the page and the JSON API
# make test [SEED=2]   every test, in an order that SEED decides; make lint, the linters
# make train DATA=DIR [ARGS="--epochs 4"]   from folders of photos to a bundle
# make bench [ARGS="photo reply"]   the figures of the README, or some of them
# Each sets up what it needs in .venv, once.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?=
SEED ?= 1
ARGS ?=

PHOTOS ?=
.PHONY: run web test train bench lint chromium clean

run: $(VENV)/.ready
	@if [ -n "$$TELEGRAM_TOKEN" ] || cat .env 2>/dev/null | LC_ALL=C tr -d '\000\357\273\277\376\377' \
	| grep -q '^[[:space:]]*\(export[[:space:]]\+\)\?TELEGRAM_TOKEN=.'; \
	then exec $(BIN)/python -m bot $(ARGS); \
	else exec $(BIN)/python -m bot --local $(ARGS); fi

web: $(VENV)/.ready
	exec $(BIN)/python -m web

train: $(VENV)/.ready-train
	@if [ -z "$(DATA)" ]; then echo "Say where the photos are: make train DATA=DIR, with one folder per label in DIR."; exit 2; fi
	$(BIN)/python -m training --data $(DATA) $(ARGS)

test: $(VENV)/.ready-dev chromium
	$(BIN)/python -m slipcover --source bot,model,training,web,localchat --xml --xml-package-depth 1 --out coverage.xml \
	  -m pytest -n 4 --dist worksteal --randomly-seed=$(SEED) $(ARGS)
	@echo "Lines that the tests run, of every hundred:"
	@sed -n 's/.*<package name="\([a-z]*\)" line-rate="\([0-9.]*\)".*/\1 \2/p' coverage.xml | awk '{printf "  %s %.0f\n", $$1, 100 * $$2}'

bench: $(VENV)/.ready-dev .venv-bench/.ready
	$(BIN)/python -W ignore -m benchmarks $(ARGS)
	@if [ -n "$(PHOTOS)" ]; then $(BIN)/python -m benchmarks.agree $(PHOTOS); \
	else echo "make bench PHOTOS=DIR also compares both runtimes on your photos (one folder per label in DIR)."; fi

.venv-bench/.ready: requirements-bench.txt $(VENV)/.ready-dev
	$(BIN)/uv venv -q --allow-existing --python $(BIN)/python .venv-bench
	$(BIN)/uv pip install -q --compile-bytecode --python .venv-bench/bin/python -r $<
	@touch $@

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy model bot web localchat training benchmarks

$(VENV)/.ready: requirements.txt
$(VENV)/.ready-train: requirements-train.txt requirements.txt
$(VENV)/.ready-dev: requirements-dev.txt requirements-train.txt requirements.txt
$(VENV)/.ready $(VENV)/.ready-train $(VENV)/.ready-dev:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@[ -x $(BIN)/uv ] || { "$(PYTHON)" -m venv $(VENV) && $(BIN)/python -m pip install -q --disable-pip-version-check uv; }
	$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -r $<
	@touch $@

# The browser that the tests of the pages drive.
chromium:
	@if ! command -v chromium >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	  then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else echo "Chromium is missing, so the tests of the pages are skipped: sudo apt-get install chromium"; fi; fi

clean:
	rm -rf $(VENV) coverage.xml .pytest_cache .mypy_cache .ruff_cache
