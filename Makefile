# Every task of the project; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
DEMO := $(VENV)/.demo-installed
PIP_INSTALL := $(PY) -m pip install --disable-pip-version-check --constraint constraints.txt --editable
RIVALS := $(VENV)/.rivals-installed
# Further arguments for demo, test, chaos, bench, quality and kafka: make test ARGS="-k lifecycle -x"
ARGS ?=
# For quality: the folder that holds nab/ and cloud/
DATA ?=

.PHONY: help install check lint types docs-check docs docs-site pictures test fuzz chaos bench quality demo kafka compose-up compose-down clean

help: ## List the tasks
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo; echo '  demo, test, chaos, bench, quality and kafka take arguments: make demo ARGS="--duration 60"'

install: $(STAMP) ## Make .venv with everything in it (other tasks do it themselves)

$(STAMP): pyproject.toml constraints.txt
	@scripts/make_venv.sh $(VENV)
	@echo "Installing packages into $(VENV) ..."
	@$(PIP_INSTALL) '.[dev]'
	@$(PY) -m anomaly_stream.apps.compile_kernels
	@touch $@

# The demo needs none of the development tools.
$(DEMO): pyproject.toml constraints.txt
	@scripts/make_venv.sh $(VENV)
	@echo "Installing packages into $(VENV) ..."
	@$(PIP_INSTALL) '.[demo,api]'
	@touch $@

check: lint types docs-check docs-site ## Everything short of running: lint, format, types, rooms, docs

lint: $(STAMP) ## ruff, its formatter, and the rooms' import contracts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports

types: $(STAMP) ## mypy, strict
	$(VENV)/bin/mypy

docs-check: $(STAMP) ## Links, commands and generated pages of the docs
	$(PY) -m scripts.check_docs

docs: $(STAMP) ## Write the generated pages
	$(PY) -m scripts.generate_docs

docs-site: $(STAMP) ## Build the documentation as a site, in site/
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet

pictures: $(STAMP) ## Draw the pictures of the README and the docs
	$(PY) -m scripts.draw_detection

test: $(STAMP) ## The whole suite, on Apache Kafka where it can be had
	@$(PY) -m tests.brokers --fetch
	$(if $(ARGS),$(PY) -m pytest $(ARGS),scripts/run_tests.sh $(PY))

fuzz: $(STAMP) ## Send the API what its OpenAPI document allows and forbids, by Schemathesis, for some minutes
	FUZZ_WHOLE=1 $(PY) -m pytest tests/api/test_schemathesis.py $(ARGS)

chaos: $(STAMP) ## Kill, pause and cut off workers on Apache Kafka, by seeds; check that nothing is lost
	@$(PY) -m tests.brokers --fetch
	$(PY) -m tests.chaos $(ARGS)

bench: $(STAMP) ## Measure the worker against stock Faust and the bare loop
	$(PY) -m benchmarks $(ARGS)

quality: $(RIVALS) ## Measure detection beside rivals: DATA=folder with nab/ and cloud/; the synthetic suite always
	@$(PY) -m benchmarks.quality $(if $(DATA),--data $(DATA)) $(ARGS)
	@echo; $(PY) -m benchmarks.presets
	@echo; $(PY) -m benchmarks.noise
	@echo; $(PY) -m benchmarks.calibration $(if $(DATA),--data $(DATA))

$(RIVALS): $(STAMP)
	@echo "Installing the rivals ..."
	@$(PIP_INSTALL) '.[dev,rivals]' --quiet
	@touch $@

demo: $(if $(wildcard $(STAMP)),$(STAMP),$(DEMO)) ## Watch real and simulated metrics, and their alerts, live
	$(VENV)/bin/anomaly-stream demo $(ARGS)

kafka: $(STAMP) ## Run a Kafka broker on 127.0.0.1:9092 until Ctrl-C
	@$(PY) -m tests.brokers $(ARGS)

compose-up: ## Apache Kafka, the topics, a worker and the API in Docker
	docker compose up --build --detach

compose-down: ## End what compose-up started, and delete its data
	docker compose down --volumes

clean: ## Delete .venv, caches and build output
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
