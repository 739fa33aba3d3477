"""The registry as Python constants."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent, wrap

from semconv_registry.model import Attribute, Registry, Signal
from semconv_registry.naming import attribute_constant, constants, signal_constant, values_class

__all__ = ["render"]

_WIDTH = 120
_HEAD = '''"""The names spancost writes, and the values they may have.

Generated from `semconv/` by `tools/semconv.py generate`; do not edit. `docs/semconv.md` is the same for people.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple
'''
_METRIC = '''class Metric(NamedTuple):
    """One metric as the registry defines it."""

    name: str
    instrument: Literal["counter", "gauge", "histogram"]
    unit: str
    description: str
    value_type: Literal["int", "double"]
'''


def render(registry: Registry) -> str:
    """Return the module's text, as `ruff format` would leave it."""
    attributes = (*registry.attributes, *registry.upstream)
    metrics = registry.of("metric")
    lines = [_HEAD, "__all__ = ["]
    lines += [f'    "{name}",' for name in sorted(_public(registry), key=_export_order)]
    lines += ["]", "", "# Attributes", ""]
    for attribute in attributes:
        lines += _constant(attribute_constant(attribute), attribute.key, attribute.brief, attribute.note)
    for title, signals in (("Metrics", metrics), ("Events", registry.of("event"))):
        lines += [f"# {title}", ""]
        for signal in signals:
            lines += _constant(signal_constant(signal), signal.name, signal.brief, signal.note)
    lines += ["", _METRIC, "", "METRICS: Final[tuple[Metric, ...]] = ("]
    for metric in metrics:
        lines += _record(metric)
    lines += [")", '"""Every metric, in the order of the registry."""']
    for attribute in attributes:
        if attribute.members:
            lines += _values(attribute)
    return "\n".join(lines) + "\n"


def _public(registry: Registry) -> Iterator[str]:
    yield from (name for name, _ in constants(registry))
    yield from ("METRICS", "Metric")


def _export_order(name: str) -> tuple[bool, str]:
    """Constants before classes, the order ruff wants (RUF022)."""
    return not name.isupper(), name


def _docstring(brief: str, note: str) -> str:
    if not note and len(brief) + 6 <= _WIDTH - 4:
        return f'"""{brief}"""'
    if not note:
        return '"""' + "\n".join(wrap(brief, _WIDTH - 7)) + '\n"""'
    return f'"""{brief}\n\n' + "\n".join(wrap(note, _WIDTH - 4)) + '\n"""'


def _constant(name: str, value: str, brief: str, note: str) -> list[str]:
    return [f'{name}: Final = "{value}"', _docstring(brief, note), ""]


def _record(metric: Signal) -> list[str]:
    return [
        "    Metric(",
        f"        name={signal_constant(metric)},",
        f'        instrument="{metric.kind}",',
        f'        unit="{metric.unit}",',
        f'        description="{metric.brief}",',
        f'        value_type="{metric.value_type}",',
        "    ),",
    ]


def _values(attribute: Attribute) -> Iterator[str]:
    yield from ("", "", f"class {values_class(attribute)}:")
    yield indent(_docstring(f"Values of `{attribute.key}`.", attribute.brief), "    ")
    for member in attribute.members:
        yield ""
        yield f'    {member.id.upper()}: Final = "{member.value}"'
        yield indent(_docstring(member.brief, ""), "    ")
