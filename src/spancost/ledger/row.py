"""A charge as it is kept: one flat row, and an owner beside it for the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from spancost.calls.usage import Usage
from spancost.rollup.node import above, top

if TYPE_CHECKING:
    from spancost.rollup import Charge, Node

__all__ = ["COLUMNS_OF_WHO", "Key", "OwnerRow", "Row", "ancestors_of", "key_of", "latency_of", "row_of", "span_key"]

COLUMNS_OF_WHO: Final = ("agent", "workflow", "user", "session", "team", "tenant", "tool", "service")
"""Attribution keys with a column each; what else is asked for stands in `attributes`."""

_HIGHEST: Final = 1_024
"""Spans above a charge whose ids are kept, and the local root's."""

_LONGEST_NS: Final = 366 * 86_400 * 10**9
"""No call takes a year: a clock was set, or a time was told in another unit."""

_LARGEST: Final = 2**63 - 1
"""SQLite has no larger integer: some nine million USD."""

_UNKNOWN: Final = (None,) * len(Usage._fields)

Key = tuple[str, str]
"""Trace and span id in hexadecimal, as backends show them: one charge a span of a process."""


class Row(NamedTuple):
    """One charge, as the table `charges` has it."""

    trace_id: str
    span_id: str
    name: str
    """Of its span."""
    home_trace_id: str
    """The trace in whose tree it stands; its own but where another record of the call has its owner."""
    ancestors: str
    """Ids of the spans above in that tree, nearest first: whoever turns out to be an owner owns it."""
    start_ns: int
    """Since the epoch."""
    latency_ns: int
    error: str | None
    """What kind of error its span ended in."""
    attempt: int
    """1, or more where calls for the same failed just before."""
    operation: str
    provider: str
    model: str
    """As it was asked for."""
    response_model: str
    response_id: str
    instrumentation: str
    """The scope that told of it first."""
    cost: int | None
    """Pico-USD; None where the call can't be priced."""
    status: str
    reason: str
    """Why there is no cost, or none that is sure to be right."""
    source: str
    price_model: str
    price_version: str
    estimated: int
    """1 where an instrumentation guessed the usage."""
    input: int | None
    """Tokens as in `Usage`: cache reads and writes are in it. None where nothing was told, like those that follow."""
    output: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_1h: int | None
    reasoning: int | None
    audio_input: int | None
    audio_output: int | None
    audio_cache_read: int | None
    agent_path: str
    agent: str | None
    workflow: str | None
    user: str | None
    session: str | None
    team: str | None
    tenant: str | None
    tool: str | None
    service: str | None
    attributes: str | None
    """A JSON object of what else is known of whom it is for."""
    duplicates: int
    """How many further records there are of it."""
    calls: int
    """How many requests its span sums up."""


class OwnerRow(NamedTuple):
    """One agent, workflow or local root, as the table `owners` has it."""

    trace_id: str
    span_id: str
    kind: str
    name: str
    ancestors: str
    at_ns: int
    silent: str | None = None
    """Why no call of it is known, where none is."""
    instrumentation: str = ""
    """That told of it, where no call is known."""
    asked_at: str = ""
    """The host where it was asked, where no call is known."""


def span_key(trace_id: int, span_id: int) -> Key:
    """Return ids as they are kept."""
    return f"{trace_id:032x}", f"{span_id:016x}"


def key_of(charge: Charge) -> Key:
    """Return the key of a charge's row."""
    return span_key(charge.trace_id, charge.span_id)


def latency_of(start_ns: int, end_ns: int) -> int:
    """Return how long a call took, as far as its times make sense."""
    return min(max(0, end_ns - start_ns), _LONGEST_NS)


def ancestors_of(node: Node | None) -> str:
    """Return the ids of a span and those above it, nearest first."""
    spans = list(above(node, _HIGHEST))
    if len(spans) == _HIGHEST:
        spans.append(top(spans[-1]))
    return " ".join([f"{span.span_id:016x}" for span in spans])


def row_of(charge: Charge, who: Mapping[str, str], attempt: int) -> Row:
    """Return a charge as it stands; `who` has the values of the attribution keys that are known of it."""
    call, price = charge.call, charge.price
    others = {key: value for key, value in who.items() if key not in COLUMNS_OF_WHO}
    return Row._make(
        (
            *key_of(charge),
            charge.name,
            f"{charge.home_trace_id:032x}",
            ancestors_of(charge.booked),
            charge.start_ns,
            latency_of(charge.start_ns, charge.end_ns),
            charge.error or None,
            attempt,
            call.operation,
            call.provider,
            call.request_model,
            call.models[0] if call.models else "",
            call.response_id,
            charge.emitter.scope,
            None if charge.amount is None else min(charge.amount, _LARGEST),
            charge.status,
            charge.reason,
            charge.source,
            price.model,
            price.version,
            int(call.estimated),
            *(_UNKNOWN if call.usage is None else call.usage),
            charge.agent_path,
            *map(who.get, COLUMNS_OF_WHO),
            json.dumps(others, ensure_ascii=False) if others else None,
            charge.duplicates,
            charge.amounts.calls,
        )
    )
