<<<<<<< .merge_file_gVyyRe
# Everything sets itself up: on a fresh machine only python3 (3.11 or later) and a shell are needed.
PYTHON ?= python3
UV = .venv/bin/uv

.PHONY: demo test test-all lint types floors bench prices semconv wheel clean

demo: ## run the examples against a scripted provider and check every amount against its ledger
	./tools/demo.sh

test: .venv/ready ## everything that must pass, on the newest OpenTelemetry and on the oldest supported
	.venv/bin/python -m pytest

.venv/ready: pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet uv
	$(UV) pip sync --quiet --python .venv/bin/python requirements/dev.txt
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --editable .
=======
BENCH := .venv-bench

.PHONY: bench
bench: $(BENCH)/.ready  ## Measure what spancost costs a program, beside its peers, in one run
	$(BENCH)/bin/python -m benchmarks

$(BENCH)/.ready: requirements/bench.txt pyproject.toml
	python3 -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/bench.txt
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
>>>>>>> .merge_file_pcN4O4
	touch $@
