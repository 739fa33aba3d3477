# `make demo` runs the examples in a virtual environment of their own, which it makes.

DEMO_VENV := .venv-demo

.PHONY: demo
demo: $(DEMO_VENV)/installed
	@$(DEMO_VENV)/bin/python examples/demo.py

$(DEMO_VENV)/installed: requirements/demo.txt pyproject.toml
	$(PYTHON) -m venv --clear $(DEMO_VENV)
	$(DEMO_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/demo.txt
	$(DEMO_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements/demo.txt --editable '.[auto]'
	@touch $@

# What the demo installs, each version pinned; run after a change to requirements/demo.in or to the dependencies.
.PHONY: requirements-demo
requirements-demo:
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header --upgrade \
		pyproject.toml --extra auto requirements/demo.in --output-file requirements/demo.txt
