BENCH := .venv-bench

.PHONY: bench
bench: $(BENCH)/.ready  ## Measure what spancost costs a program, beside its peers, in one run
	$(BENCH)/bin/python -m benchmarks

$(BENCH)/.ready: requirements/bench.txt pyproject.toml
	python3 -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/bench.txt
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@
