# The two commands: `make deliver` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder
# Unit tests need nothing but a core each, and one more takes it while another waits for git. The others start servers
# and containers beside them, and load much.
CORES := $(shell n=$$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN); echo $$((n < 8 ? n : 8)))
UNITS := $(PYTEST) -n $$(($(CORES) + 1))
# The environment is made anew when what it is made from has other content, not another date.
STAMP := .venv/.installed-$(shell cat requirements.lock pyproject.toml 2>/dev/null | sha256sum | cut -c1-12)

# Nothing phones home: src/lockgate/domain/project/telemetry.py.
export BENTOML_DO_NOT_TRACK := True
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := 1
export DVC_STUDIO_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
export ITERATIVE_DO_NOT_TRACK := true
export MLFLOW_DISABLE_TELEMETRY := true
export ORT_DISABLE_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export RAY_USAGE_STATS_ENABLED := 0
# Containers often forbid Python to keep what it has compiled; then every process of a test compiles all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help deliver test unit check format environment images lock benchmark clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

deliver: environment ## The whole way on this machine: train, judge, release, register, package, serve one prediction
	@$(BIN)/lockgate deliver

# Two runs: in processes that have loaded PyTorch and TensorFlow the unit tests take nearly twice as long.
test: environment check ## Every check and every test
	@$(UNITS) tests/unit; units=$$?; $(PYTEST) -n 2 --ignore tests/unit && exit $$units

unit: environment ## The quick tests alone; those of a station: make unit TESTS=tests/unit/judging
	@$(UNITS) -q -m 'not slow' --ignore tests/pipeline --ignore tests/frameworks $(TESTS)

check: environment ## Lint, format, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --num-workers 2
	@$(BIN)/lint-imports > .venv/.layers 2>&1 || { cat .venv/.layers; exit 1; }

format: environment ## Format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

environment: $(STAMP) ## Make .venv from requirements.lock

$(STAMP):
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or name it with PYTHON=..." >&2; exit 2; }
	@test ! -L .venv || ! $(BIN)/python -c 'import lockgate; print(lockgate.__file__)' 2>/dev/null | grep -qv '^$(CURDIR)/' || \
	  { echo ".venv is a link to $$(readlink .venv), which serves other sources: remove the link to make an environment" \
	  "here, or run make environment there" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Making the environment in .venv from requirements.lock (some minutes, once)"
	@sed -n '/^pip==/,/[^\\]$$/p' requirements.lock > .venv/pip.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r .venv/pip.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@rm -f .venv/.installed-* && touch $@

images: environment ## Build the container images of both environments (needs a Docker engine)
	@$(BIN)/lockgate image train
	@$(BIN)/lockgate image serving

benchmark: environment ## Measure start-up, a first and a second delivery, what Lockgate adds, and what a release costs
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python benchmarks/delivery.py
	@$(BIN)/python benchmarks/overhead.py
	@$(BIN)/python benchmarks/release.py

# uv does not read pip's settings: it gets the one that decides which build of a package is taken.
lock: environment ## Resolve pyproject.toml into requirements.lock, and the serving image's subset
	@UV_FIND_LINKS="$$($(BIN)/python -m pip config get global.find-links 2>/dev/null)" $(BIN)/uv pip compile --quiet \
	  --upgrade-package torch --python-version 3.11 --extra census --extra dev --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  pyproject.toml -o requirements.lock
	@sed -i 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements.lock # any index's own name for its CPU build will do
	@UV_FIND_LINKS="$$($(BIN)/python -m pip config get global.find-links 2>/dev/null)" $(BIN)/uv pip compile --quiet \
	  --python-version 3.11 --constraint requirements.lock --generate-hashes --no-emit-index-url --no-annotate \
	  --no-header serving/requirements.txt -o docker/serving/requirements.lock

clean: ## Remove what can be made again; keeps the environment, the registry and DVC's cache
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
