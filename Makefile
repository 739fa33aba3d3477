# Each target sets itself up: on a fresh machine only a shell and Python (3.11 or later) are needed.
PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13 python3.14,\
	$(shell $(name) -c 'import sys; print("$(name)") if sys.version_info >= (3, 11) else None' 2>/dev/null)))

.PHONY: demo test test-frameworks pin-frameworks bench lint types floors prices semconv accuracy wheel clean

demo: .venv-demo/ready  ## Run the examples and check every amount against what their provider billed
	.venv-demo/bin/python examples/demo.py $(EXAMPLE)

test: .venv/ready .venv-oldest/ready .venv-demo/ready  ## Run every test on the newest OpenTelemetry, and those that meet it on the oldest
	.venv/bin/python -m pytest
	.venv-oldest/bin/python -m pytest -m sdk

test-frameworks: .venv/ready  ## Run real agent frameworks, each in an environment of its own, cached outside the tree
	PYTHONPATH=tests .venv/bin/python -m frameworks.environments
	.venv/bin/python -m pytest -m frameworks tests/frameworks

pin-frameworks: .venv/ready  ## Pin the newest versions of the frameworks that resolve
	for name in $(basename $(filter-out %/clients.in,$(wildcard requirements/frameworks/*.in))); do \
		.venv/bin/uv pip compile --quiet --upgrade --python-version 3.11 --no-emit-index-url --no-annotate --no-header \
			$$name.in --output-file $$name.txt || exit 1; \
	done

bench: .venv-bench/ready  ## Measure what spancost costs a program, beside its peers, in one run
	.venv-bench/bin/python -m benchmarks

lint: .venv/ready  ## Check style
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/ready  ## Check types, strictly
	.venv/bin/pyright --pythonpath .venv/bin/python

floors: .venv/ready  ## Check that imports only go down
	.venv/bin/lint-imports

prices: .venv/ready  ## Regenerate the price snapshot from the installed genai-prices
	.venv/bin/python tools/prices.py

semconv: .venv/ready  ## Regenerate constants and reference page from the registry
	.venv/bin/python tools/semconv.py generate

accuracy: .venv/ready  ## Write docs/accuracy.md: how right the counts are, run by run
	PYTHONPATH=tests .venv/bin/python -m recorded.table

wheel: .venv/ready  ## Build the wheel and the source archive
	.venv/bin/python -m build --no-isolation --outdir dist

clean:  ## Remove every environment and build
	rm -rf .venv .venv-* dist

# One environment a purpose, each from its own fully pinned file.
.venv/ready: requirements/dev.txt
.venv-oldest/ready: requirements/oldest.txt
.venv-demo/ready: requirements/demo.txt
.venv-bench/ready: requirements/bench.txt

.venv/ready .venv-oldest/ready .venv-demo/ready .venv-bench/ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; name one with PYTHON=" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --requirement $(filter requirements/%,$^)
	$(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --no-deps --editable .
	touch $@
