"""The generated names, against the registry they are generated from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from semconv_registry import page, python
from semconv_registry.faults import faults
from semconv_registry.model import Registry, read
from semconv_registry.naming import attribute_constant, signal_constant, values_class

from spancost import semconv

_ROOT = Path(__file__).resolve().parent.parent
_NAME_ON_PAGE = re.compile(r"`((?:spancost|gen_ai|user|session)\.[a-z0-9_.]+)`")
# On the page and no telemetry: a function and a file.
_OTHER = {"spancost.record_call", "spancost.toml"}


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Return the project's registry."""
    return read(_ROOT / "semconv" / "model", _ROOT / "semconv" / "upstream.yaml")


def test_the_registry_is_sound(registry: Registry) -> None:
    """No rule finds a fault in the names spancost writes."""
    assert [] == faults(registry)


def test_the_constants_are_those_of_the_registry(registry: Registry) -> None:
    """Nobody edits the generated module, or the registry without generating it again."""
    assert python.render(registry) == (_ROOT / "src" / "spancost" / "semconv.py").read_text(encoding="utf-8")


def test_the_reference_page_is_that_of_the_registry(registry: Registry) -> None:
    """Nobody edits the generated page, or the registry without generating it again."""
    assert page.render(registry) == (_ROOT / "docs" / "semconv.md").read_text(encoding="utf-8")


def test_every_name_has_a_constant_that_spells_it(registry: Registry) -> None:
    """A module that imports a constant writes the registered name."""
    for attribute in registry.known().values():
        assert attribute.key == getattr(semconv, attribute_constant(attribute))
        for member in attribute.members:
            assert member.value == getattr(getattr(semconv, values_class(attribute)), member.id.upper())
    for signal in registry.of("metric") + registry.of("event"):
        assert signal.name == getattr(semconv, signal_constant(signal))


def test_the_metric_records_say_what_the_registry_says() -> None:
    """Instruments can be made from the records alone."""
    expected = semconv.Metric(
        "spancost.cost", "counter", "{USD}", "What model calls cost, each counted once.", "double"
    )
    assert expected == semconv.METRICS[0]
    assert len(semconv.METRICS) == len({metric.name for metric in semconv.METRICS})


def test_the_module_exports_exactly_what_it_defines() -> None:
    """`__all__` is sorted as ruff wants it and complete."""
    imported = {"annotations", "Final", "Literal", "NamedTuple"}
    defined = {name for name in vars(semconv) if not name.startswith("_")} - imported
    assert defined == set(semconv.__all__)


def test_the_page_names_nothing_that_is_not_written(registry: Registry) -> None:
    """Prose around the tables can't outlive a renamed attribute."""
    named = set(_NAME_ON_PAGE.findall(page.render(registry)))
    written = registry.known().keys() | {signal.name for signal in registry.signals} | _OTHER
    assert set() == named - written
    assert named >= registry.known().keys()
