# The commands of this house. `make up` and `make test` work on a fresh machine with Python 3.11+ alone.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=
# how many processes the tests run in: one per core
WORKERS ?= auto

.PHONY: setup up test check bench test-peers soak fuzz lock format clean

setup: $(STAMP)          ## make .venv with everything, pinned with hashes

$(STAMP): requirements/dev.txt pyproject.toml
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

up: setup                ## start everything with the simulated island; ARGS="--port 8080 --data ./data"
	@exec $(BIN)/yingzhou up $(ARGS)

test: setup              ## unit, contract and system tests
	$(BIN)/python -m pytest -m "not peers and not soak" -n $(WORKERS) --dist loadfile $(ARGS)

check: setup             ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-peers: setup        ## tests against Debian's real peers (installs them; needs root)
	tests/peers/install
	$(BIN)/python -m pytest -m "peers and not soak" $(ARGS)

bench: setup             ## the benchmarks, each a table and one JSON line
	$(BIN)/python -m bench.ingest $(ARGS)
	$(BIN)/python -m bench.edge_modbus $(ARGS)
	$(BIN)/python -m bench.edge_peer $(ARGS)
	$(BIN)/python -m bench.fleet $(ARGS)
	$(BIN)/python -m bench.island $(ARGS)
	$(BIN)/python -m bench.quality $(ARGS)
	$(BIN)/python -m bench.codecs $(ARGS)

soak: setup              ## the long, seeded fault runs; figures as JSON
	$(BIN)/python -m pytest -m soak -s $(ARGS)

fuzz: setup              ## 60 s of coverage-guided fuzzing for each parser; ARGS="--seconds 10 read-hj212"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	$(BIN)/python -m tests.fuzz $(ARGS)

lock: setup              ## write requirements/*.txt anew from pyproject.toml; ARGS=--upgrade takes the newest
	$(BIN)/python -m requirements.lock $(ARGS)

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
