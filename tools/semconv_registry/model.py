"""The registry as values, read from Weaver's `definition/2` YAML and the allow-list of upstream names.

Reading is lenient where a rule can name the fault better: a missing field is an empty string here and a sentence
in `faults`. What no rule could see any more (an unknown key, a group that is not there) is noted while reading.
Syntax: https://github.com/open-telemetry/weaver/blob/main/schemas/semconv-syntax.v2.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast

import yaml

__all__ = ["Attribute", "Member", "Ref", "Registry", "Signal", "read"]

Item: TypeAlias = Mapping[str, object]

_COMMON = {"brief", "note", "stability", "annotations"}
_KEYS = {
    "attributes": _COMMON | {"key", "type", "examples"},
    "attribute_groups": {"id", "visibility", "attributes"},
    "metrics": _COMMON | {"name", "instrument", "unit", "requirement_level", "attributes"},
    "events": _COMMON | {"name", "requirement_level", "attributes"},
    "spans": _COMMON | {"type", "kind", "name", "attributes"},
}
_REF_KEYS = {"ref", "ref_group", "requirement_level"}
_MEMBER_KEYS = {"id", "value", "brief", "stability"}


@dataclass(frozen=True, slots=True)
class Member:
    """One value of an enumerated attribute."""

    id: str
    value: str
    brief: str
    stability: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute's definition, ours, proposed upstream or allow-listed from there."""

    key: str
    type: str
    """`enum` where there are members."""
    brief: str
    note: str = ""
    stability: str = ""
    members: tuple[Member, ...] = ()
    examples: tuple[str, ...] = ()
    source: str = ""
    """The registry that defines it; empty where this one does."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A signal's use of an attribute."""

    key: str
    level: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """A metric, an event or a span: something that carries attributes."""

    sort: str
    """`metric`, `event` or `span`."""
    name: str
    brief: str
    note: str
    stability: str
    refs: tuple[Ref, ...]
    kind: str = ""
    """The instrument of a metric, the kind of a span."""
    unit: str = ""
    value_type: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything that was read, in the order it was written."""

    attributes: tuple[Attribute, ...]
    signals: tuple[Signal, ...]
    upstream: tuple[Attribute, ...]
    proposed: Mapping[str, str]
    """Names of other registries that are defined here until they are merged there, with their source."""
    notes: tuple[str, ...] = field(default=())
    """Faults seen while reading."""

    def of(self, sort: str) -> tuple[Signal, ...]:
        """Return the signals of one sort."""
        return tuple(signal for signal in self.signals if signal.sort == sort)

    def known(self) -> dict[str, Attribute]:
        """Return every attribute that may be referred to, by key."""
        return {attribute.key: attribute for attribute in (*self.attributes, *self.upstream)}


def read(model: Path, upstream: Path) -> Registry:
    """Read all definitions under `model` and the allow-list in `upstream`.

    Raises ValueError for a file in another syntax.
    """
    notes: list[str] = []
    sections: dict[str, list[Item]] = {name: [] for name in _KEYS}
    # Our own names come first; proposed ones of other registries follow.
    for path in sorted(model.glob("*/*.yaml"), key=lambda path: (path.parent.name != "spancost", path)):
        document = _document(path)
        if document.get("file_format") != "definition/2":
            raise ValueError(f"{path}: begin it with `file_format: definition/2`")
        for section in document.keys() - {"file_format"}:
            if section in sections:
                sections[section] += _items(document, section)
            else:
                notes.append(f"{path.name}: unknown section `{section}`; one of {', '.join(sorted(_KEYS))}")
    for section, keys in _KEYS.items():
        for item in sections[section]:
            notes += _unknown(item, keys, _text(item, "key") or _text(item, "id") or _text(item, "name"))
    groups = {_text(item, "id"): list(_items(item, "attributes")) for item in sections["attribute_groups"]}
    used: set[str] = set()
    signals = [
        _signal(sort, item, _refs(item, groups, used, notes))
        for sort in ("span", "metric", "event")
        for item in sections[f"{sort}s"]
    ]
    notes += [f"{group}: no signal includes this group; delete it" for group in sorted(groups.keys() - used)]
    allowed = _document(upstream)
    return Registry(
        attributes=tuple(_attribute(item, notes) for item in sections["attributes"]),
        signals=tuple(signals),
        upstream=tuple(_attribute(item, notes) for item in _items(allowed, "attributes")),
        proposed={_text(item, "name"): _text(item, "source") for item in _items(allowed, "proposed")},
        notes=tuple(notes),
    )


def _document(path: Path) -> Item:
    return cast("Item", yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def _items(item: Item, key: str) -> list[Item]:
    return cast("list[Item]", item.get(key) or [])


def _text(item: Item, key: str) -> str:
    value = item.get(key, "")
    return " ".join(str(value).split())


def _unknown(item: Item, keys: Iterable[str], where: str) -> Iterator[str]:
    for key in sorted(item.keys() - set(keys)):
        yield f"{where}: unknown key `{key}`; correct it, or teach the reader what it means"


def _attribute(item: Item, notes: list[str]) -> Attribute:
    key = _text(item, "key")
    declared = item.get("type", "")
    members: tuple[Member, ...] = ()
    if isinstance(declared, dict):
        values = _items(cast("Item", declared), "members")
        for value in values:
            notes += _unknown(value, _MEMBER_KEYS, key)
        members = tuple(
            Member(_text(value, "id"), _text(value, "value"), _text(value, "brief"), _text(value, "stability"))
            for value in values
        )
    return Attribute(
        key=key,
        type="enum" if isinstance(declared, dict) else str(declared),
        brief=_text(item, "brief"),
        note=_text(item, "note"),
        stability=_text(item, "stability"),
        members=members,
        examples=tuple(_example(example) for example in cast("list[object]", item.get("examples") or [])),
        source=_text(item, "source"),
    )


def _signal(sort: str, item: Item, refs: tuple[Ref, ...]) -> Signal:
    annotations = cast("Item", item.get("annotations") or {})
    generation = cast("Item", annotations.get("code_generation") or {})
    return Signal(
        sort=sort,
        name=_text(item, "type" if sort == "span" else "name"),
        brief=_text(item, "brief"),
        note=_text(item, "note"),
        stability=_text(item, "stability"),
        refs=refs,
        kind=_text(item, "kind" if sort == "span" else "instrument"),
        unit=_text(item, "unit"),
        value_type=_text(generation, "metric_value_type"),
    )


def _refs(item: Item, groups: Mapping[str, list[Item]], used: set[str], notes: list[str]) -> tuple[Ref, ...]:
    found: list[Ref] = []
    where = _text(item, "name") if isinstance(item.get("name"), str) else _text(item, "type")
    for entry in _items(item, "attributes"):
        notes += _unknown(entry, _REF_KEYS, where)
        if group := _text(entry, "ref_group"):
            if group not in groups:
                notes.append(f"{where}: there is no attribute group `{group}`; define it or correct the name")
            used.add(group)
            found += [_ref(inner) for inner in groups.get(group, [])]
        else:
            found.append(_ref(entry))
    return tuple(found)


def _ref(entry: Item) -> Ref:
    level = entry.get("requirement_level", "")
    if isinstance(level, dict):
        name, condition = next(iter(cast("dict[str, object]", level).items()), ("", ""))
        return Ref(_text(entry, "ref"), name, " ".join(str(condition).split()))
    return Ref(_text(entry, "ref"), str(level))


def _example(example: object) -> str:
    """Return the example as YAML and OTLP write it: `true`, not `True`."""
    return str(example).lower() if isinstance(example, bool) else str(example)
