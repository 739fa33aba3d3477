"""The registry as a reference page for people in a hurry: what to read first, then who carries what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from semconv_registry.model import Attribute, Ref, Registry, Signal

__all__ = ["render"]

_HEAD = """\
# Names spancost writes

<!-- Generated from semconv/ by tools/semconv.py generate; do not edit. -->

| to know | read |
| --- | --- |
| what a run cost | `spancost.cost.total` on the root span of its trace |
| what an agent cost by itself, without the agents it called | `spancost.cost.direct` on its span |
| what was spent, over spans | the sum of `gen_ai.usage.cost.amount`: it stands on one record a call |
| what was spent, over time | the metric `spancost.cost` |
| whether an amount is complete | `spancost.calls.unpriced` and `spancost.calls.partial` are 0 |
| how full a budget is | the metric `spancost.budget.utilization` |

Amounts are USD. Totals contain each other: never sum `spancost.cost.total` over spans. An absent amount means
*unknown*, not 0. All names are in development: one may still change, with a line in the changelog.
"""
_SPANS = """\
## Spans

Each table is a role, and a span carries what each of its roles asks for. Only `spancost.recorded_call` is a span that
spancost makes; the others come from your instrumentation and get their attributes as they end.
"""
_METRICS = """\
## Metrics

On the way to Prometheus dots become underscores, a counter gets `_total`, and a unit in braces adds nothing.
"""
_EVENTS = """\
## Events

Log records with this event name, in the context of the span that caused them. A budget event is a span event of that
span too, with the same name and attributes.
"""
_VALUES = """\
## Values

"""
_ATTRIBUTES = """\
## Attributes

"""
_LEVELS = {"required": "always", "recommended": "if known", "opt_in": "on request"}


def render(registry: Registry) -> str:
    """Return the page's Markdown."""
    known = registry.known()
    metrics, events = registry.of("metric"), registry.of("event")
    return "\n".join(
        [
            _HEAD,
            _SPANS,
            *(f"### `{span.name}`\n\n{_said(span)}\n\n{_carried(span.refs, known)}" for span in registry.of("span")),
            _METRICS,
            _metrics(metrics),
            *_shared(metrics, known),
            _EVENTS,
            _table(("event", "meaning"), ((_code(event.name), _said(event)) for event in events)),
            *_shared(events, known),
            _VALUES + _values(registry.attributes),
            _ATTRIBUTES + _index(registry),
        ]
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table; a bar inside a cell would end it, so it is escaped."""
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`"


def _said(thing: Attribute | Signal) -> str:
    return f"{thing.brief} {thing.note}".strip()


def _type(attribute: Attribute) -> str:
    return "[one of](#values)" if attribute.members else attribute.type


def _present(ref: Ref) -> str:
    if ref.condition:
        return f"{ref.condition[0].lower()}{ref.condition[1:].rstrip('.')}"
    return _LEVELS[ref.level]


def _carried(refs: Iterable[Ref], known: Mapping[str, Attribute]) -> str:
    rows = ((_code(ref.key), _type(known[ref.key]), _present(ref), known[ref.key].brief) for ref in refs)
    return _table(("attribute", "type", "present", "meaning"), rows)


def _shared(signals: Iterable[Signal], known: Mapping[str, Attribute]) -> Iterator[str]:
    """Yield one table for all signals that carry the same attributes."""
    together: dict[tuple[Ref, ...], list[str]] = {}
    for signal in signals:
        together.setdefault(signal.refs, []).append(_code(signal.name))
    for refs, names in together.items():
        if refs:
            yield f"Attributes of {', '.join(names)}:\n\n{_carried(refs, known)}"


def _metrics(metrics: Iterable[Signal]) -> str:
    rows = (
        (
            _code(metric.name),
            f"{metric.kind}, {metric.value_type}",
            _code(metric.unit),
            _code(metric.name.replace(".", "_") + ("_total" if metric.kind == "counter" else "")),
            _said(metric),
        )
        for metric in metrics
    )
    return _table(("metric", "kind", "unit", "in Prometheus", "meaning"), rows)


def _values(attributes: Iterable[Attribute]) -> str:
    rows = (
        (_code(attribute.key), _code(member.value), member.brief)
        for attribute in attributes
        for member in attribute.members
    )
    return _table(("attribute", "value", "meaning"), rows)


def _index(registry: Registry) -> str:
    carriers: dict[str, dict[str, None]] = {}
    for signal in registry.signals:
        for ref in signal.refs:
            carriers.setdefault(ref.key, {})[f"{signal.sort}s"] = None
    rows: list[tuple[str, ...]] = []
    for key, attribute in sorted(registry.known().items()):
        source = attribute.source or registry.proposed.get(key, "")
        origin = f" ([upstream]({source}))" if source else ""
        examples = ", ".join(_code(example) for example in attribute.examples)
        rows.append((_code(key), _type(attribute), ", ".join(carriers[key]), _said(attribute) + origin, examples))
    return _table(("attribute", "type", "on", "meaning", "example"), rows)
