"""The registry of names: read from YAML, checked, rendered as Python and as a reference page."""
