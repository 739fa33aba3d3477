"""What can be wrong with the registry, each fault one sentence that says where and what to do.

Rules on names and units: https://opentelemetry.io/docs/specs/semconv/general/naming/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from semconv_registry.model import Attribute, Registry, Signal
from semconv_registry.naming import constants

__all__ = ["faults"]

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+")
_STABILITY = {"development", "alpha", "beta", "release_candidate", "stable"}
_TYPES = {"string", "int", "double", "boolean", "enum", "string[]", "int[]", "double[]", "boolean[]"}
_LEVELS = {"required", "conditionally_required", "recommended", "opt_in"}
_INSTRUMENTS = {"counter", "gauge", "histogram"}
_SPAN_KINDS = {"client", "server", "producer", "consumer", "internal"}
_ANNOTATION = re.compile(r"\{[A-Za-z_]+\}")
# The UCUM units a library like this one could need. `1` is left out on purpose: the Collector's way to Prometheus
# appends `_ratio` to it and the Python exporter's does not, so one metric would have two names.
_UCUM = {"ns", "us", "ms", "s", "min", "h", "d", "By", "KiBy", "MiBy", "%", "Hz"}
_BRIEF = 100


def faults(registry: Registry) -> list[str]:
    """Return every fault of the registry; empty where it is sound."""
    return [
        *registry.notes,
        *_names(registry),
        *_upstream(registry),
        *_references(registry),
        *(fault for attribute in registry.attributes for fault in _attribute(attribute)),
        *(fault for signal in registry.signals for fault in _signal(signal)),
    ]


def _names(registry: Registry) -> Iterator[str]:
    kinds = {
        "attribute": [attribute.key for attribute in registry.attributes],
        "metric": [signal.name for signal in registry.of("metric")],
        "event": [signal.name for signal in registry.of("event")],
        "span": [signal.name for signal in registry.of("span")],
    }
    for kind, names in kinds.items():
        for name, times in Counter(names).items():
            if times > 1:
                yield f"{name}: this {kind} is defined {times} times; keep one"
            if not _NAME.fullmatch(name):
                yield f"{name}: misspelt {kind}; write lower case words joined by dots and underscores"
            if not name.startswith("spancost.") and name not in registry.proposed:
                yield f"{name}: this {kind} is outside spancost.*; rename it, or allow it in upstream.yaml"
    kinds["attribute"] += [attribute.key for attribute in registry.upstream]
    for kind in ("attribute", "metric", "event"):
        yield from _prefixes(kind, kinds[kind])
    for constant, times in Counter(constant for constant, _ in constants(registry)).items():
        if times > 1:
            names = sorted({name for other, name in constants(registry) if other == constant})
            if len(names) > 1:
                yield f"{' and '.join(names)}: both would be {constant} in Python; rename one"


def _prefixes(kind: str, names: Iterable[str]) -> Iterator[str]:
    distinct = sorted(set(names))
    for leaf in distinct:
        for other in distinct:
            if other.startswith(f"{leaf}."):
                yield f"{leaf}: this {kind} is also the prefix of {other}; rename one"


def _upstream(registry: Registry) -> Iterator[str]:
    defined = {attribute.key for attribute in registry.attributes} | {signal.name for signal in registry.signals}
    for attribute in registry.upstream:
        if not attribute.source:
            yield f"{attribute.key}: say in upstream.yaml which registry it is from (`source`)"
        if attribute.type not in _TYPES:
            yield f"{attribute.key}: no known type in upstream.yaml; one of {', '.join(sorted(_TYPES))}"
        if not attribute.brief:
            yield f"{attribute.key}: no brief in upstream.yaml"
        if attribute.key in defined:
            yield f"{attribute.key}: defined here and allowed as upstream's; delete one"
    for name, source in registry.proposed.items():
        if not source:
            yield f"{name}: say in upstream.yaml where it is proposed (`source`)"
        if name not in defined:
            yield f"{name}: allowed as proposed and defined nowhere; delete it from upstream.yaml"


def _references(registry: Registry) -> Iterator[str]:
    known = registry.known()
    used: set[str] = set()
    for signal in registry.signals:
        times = Counter(ref.key for ref in signal.refs)
        used |= times.keys()
        for key, count in times.items():
            if key not in known:
                yield f"{signal.name}: refers to {key}, which is not defined; define it or allow it in upstream.yaml"
            if count > 1:
                yield f"{signal.name}: refers to {key} {count} times; keep one"
        for ref in signal.refs:
            if ref.level not in _LEVELS:
                yield f"{signal.name}: no known requirement level for {ref.key}; one of {', '.join(sorted(_LEVELS))}"
            if ref.level == "conditionally_required" and not ref.condition:
                yield f"{signal.name}: say under which condition {ref.key} is required"
    for key in known:
        if key not in used:
            yield f"{key}: no signal refers to this attribute; refer to it or delete it"


def _described(name: str, brief: str, stability: str) -> Iterator[str]:
    if not brief:
        yield f"{name}: no brief; say in one sentence what it is"
    elif len(brief) > _BRIEF:
        yield f"{name}: the brief is over {_BRIEF} characters; move the rest to `note`"
    if stability not in _STABILITY:
        yield f"{name}: no known stability; one of {', '.join(sorted(_STABILITY))}"


def _attribute(attribute: Attribute) -> Iterator[str]:
    yield from _described(attribute.key, attribute.brief, attribute.stability)
    if attribute.type not in _TYPES:
        yield f"{attribute.key}: no known type; one of {', '.join(sorted(_TYPES))}"
    if attribute.type == "enum" and not attribute.members:
        yield f"{attribute.key}: an enumeration without members; list them"
    for member in attribute.members:
        yield from _described(f"{attribute.key}={member.value}", member.brief, member.stability)


def _signal(signal: Signal) -> Iterator[str]:
    yield from _described(signal.name, signal.brief, signal.stability)
    if signal.sort == "span" and signal.kind not in _SPAN_KINDS:
        yield f"{signal.name}: no known span kind; one of {', '.join(sorted(_SPAN_KINDS))}"
    if signal.sort != "metric":
        return
    if signal.kind not in _INSTRUMENTS:
        yield f"{signal.name}: no known instrument; one of {', '.join(sorted(_INSTRUMENTS))}"
    if not _ANNOTATION.fullmatch(signal.unit) and signal.unit not in _UCUM:
        yield f"{signal.name}: `{signal.unit}` is no unit; annotate one such as {{USD}}, or use UCUM's"
    if signal.value_type not in ("int", "double"):
        yield f"{signal.name}: say int or double in annotations.code_generation.metric_value_type"
    if signal.kind == "counter" and re.search(r"[._]total$", signal.name):
        yield f"{signal.name}: a counter's name does not end in total, Prometheus appends that; rename it"
