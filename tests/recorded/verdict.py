"""Pairs what the engine counted with what was billed, and says what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from recorded.recording import CLASSES, Expected, Recording, read_spans
from recorded.replay import Tally

from spancost.calls import CACHE_UNTOLD
from spancost.money import PICO
from spancost.rollup import Charge

__all__ = ["UNKNOWN", "Finding", "Verdict", "judge"]

TOLERANCE: Final = PICO // 10**9
"""Pico-USD by which two amounts of one call may differ: 1e-9 USD."""


UNKNOWN: Final = ("untold", "unpriced", "partial", "unnamed")
"""What no span tells: that a call was made, what it used, all of what it used, or which agent made it."""


class Finding(NamedTuple):
    """One thing that is wrong, or that can't be known."""

    what: str
    """`missed`, `twice`, `invented`, `tokens`, `price`, `status`, `hidden`, `agent` are wrong; what UNKNOWN names can't be known."""
    seq: int
    """The ledger's number of the call, 0 where it has none."""
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one run compares."""

    findings: tuple[Finding, ...]
    amount: int
    expected_amount: int

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What is wrong, without what no span tells."""
        return tuple(finding for finding in self.findings if finding.what not in UNKNOWN)

    @property
    def exact(self) -> bool:
        """Tell whether every call is counted once, with its tokens and its dollars."""
        return not self.wrong


def judge(recording: Recording, tally: Tally) -> Verdict:
    """Pair the engine's charges with the ledger's calls and say what differs."""
    calls = _summed(recording.calls, tally)
    pairs, lone = _pair(calls, tally)
    findings: list[Finding] = []
    for call in calls:
        charge = pairs.get(call.seq)
        if charge is None:
            findings.append(_without_charge(call))
            continue
        findings += _compare(call, charge)
        if call.agent is not None and call.state != "unpriced":
            agent = tally.agents[charge.span_id]
            if agent != call.agent:
                what = "agent" if agent is not None and _is_named(agent, recording) else "unnamed"
                findings.append(Finding(what, call.seq, f"{agent}, not {call.agent}"))
    findings += [_without_call(charge, calls, tally) for charge in lone]
    amount = sum(charge.amount or 0 for charge in tally.charges)
    expected = sum(call.amount or 0 for call in recording.calls)
    return Verdict(tuple(sorted(findings, key=lambda each: each.seq)), amount, expected)


def _is_named(agent: str, recording: Recording) -> bool:
    """Tell whether an agent is called so by the program, or at least by anything but what its span is called."""
    if any(call.agent == agent for call in recording.calls):
        return True
    return all(span.name != agent for file in recording.processes for span in read_spans(file))


def _summed(calls: Sequence[Expected], tally: Tally) -> list[Expected]:
    """Return the calls, and in place of those that one charge says it sums up their sum, under the last one's number."""
    left = list(calls)
    for charge in tally.charges:
        start, end = tally.times[charge.span_id]
        inside = [
            call for call in left if start - _CLOCKS_NS <= call.received_ns <= end and _is_of_model(call.model, charge)
        ]
        if 1 < len(inside) == charge.amounts.calls:
            left = [call for call in left if call not in inside]
            left.append(
                inside[-1]._replace(
                    tokens=tuple(map(sum, zip(*(call.tokens for call in inside), strict=True))),
                    hidden=frozenset[str]().union(*(call.hidden for call in inside)),
                    billed=sum(call.billed or 0 for call in inside),
                    amount=sum(call.amount or 0 for call in inside),
                    spans=frozenset[int]().union(*(call.spans for call in inside)),
                )
            )
    return sorted(left, key=lambda call: call.seq)


def _pair(calls: Sequence[Expected], tally: Tally) -> tuple[dict[int, Charge], list[Charge]]:
    """Pair each call with the likeliest charge: by id, then by tokens, then by a span that speaks of it."""
    scored = [
        (score, call.seq, place)
        for call in calls
        for place, charge in enumerate(tally.charges)
        if (score := _likeness(call, charge, tally)) > 0
    ]
    pairs: dict[int, Charge] = {}
    taken: set[int] = set()
    for _, seq, place in sorted(scored, key=lambda each: (-each[0], each[1], each[2])):
        if seq not in pairs and place not in taken:
            pairs[seq] = tally.charges[place]
            taken.add(place)
    return pairs, [charge for place, charge in enumerate(tally.charges) if place not in taken]


def _likeness(call: Expected, charge: Charge, tally: Tally) -> int:
    same_id = bool(call.response_id) and charge.call.response_id == call.response_id
    speaks = not tally.records[charge.span_id].isdisjoint(call.spans)
    usage = charge.call.usage
    same_tokens = call.state != "unpriced" and usage is not None and tuple(usage)[:2] == call.tokens[:2]
    # An unpriced call is one that no span may speak of: it is the charge of its model that was open when it was made.
    start, end = tally.times[charge.span_id]
    # A span of no length is made when the call is over.
    start -= _LAZY_NS if start == end else 0
    inside = start - _CLOCKS_NS <= call.received_ns <= end + _LAZY_NS
    silent = call.state == "unpriced" and inside and _same_model(call.model, charge)
    if not (same_id or speaks or silent):
        return 0
    return 8 * same_id + 4 * (speaks and same_tokens) + 2 * speaks + silent


_CLOCKS_NS: Final = 3_000_000
"""How far the provider's clock may be behind the program's; both are one machine's."""

_LAZY_NS: Final = 1_000_000_000
"""How long after a span's end its request may leave: some wrap the making of a stream, not its reading."""


def _is_of_model(model: str, charge: Charge) -> bool:
    """Tell whether a charge names a model, with the date of its release or without it."""
    return any(re.fullmatch(rf"{re.escape(each)}(?:-\d{{4}}-?\d\d-?\d\d)?", model) for each in charge.call.models)


def _same_model(model: str, charge: Charge) -> bool:
    """Tell whether a charge may be of a model: one that names none may be of any."""
    models = charge.call.models
    return not models or any(model.startswith(each.rpartition("/")[2]) or each.endswith(model) for each in models)


def _without_charge(call: Expected) -> Finding:
    text = f"{call.agent} {call.model} in={call.tokens[0]} out={call.tokens[1]}"
    return Finding("untold" if call.state == "unpriced" else "missed", call.seq, text)


def _without_call(charge: Charge, calls: Sequence[Expected], tally: Tally) -> Finding:
    records = tally.records[charge.span_id]
    spoken = [call.seq for call in calls if not records.isdisjoint(call.spans)]
    usage = charge.call.usage
    told = "no usage" if usage is None else f"in={usage.input} out={usage.output}"
    text = f"{charge.span_id:016x} {'/'.join(charge.call.models)} {told} {charge.status}"
    return Finding("twice" if spoken else "invented", spoken[0] if spoken else 0, text)


def _compare(call: Expected, charge: Charge) -> Iterator[Finding]:
    state = "unpriced" if charge.amount is None else "partial" if charge.status == "partial" else "priced"
    if state != "priced":
        yield Finding(state, call.seq, charge.reason)
    if state != call.state and not (state == "unpriced" and call.amount is None and call.state == "priced"):
        yield Finding("status", call.seq, f"{state} ({charge.reason or charge.status}), should be {call.state}")
    if state == "priced":
        yield from _hidden(call, charge)
    usage = charge.call.usage
    tokens = (0,) * len(CLASSES) if usage is None else tuple(usage)[: len(CLASSES)]
    if call.state != "unpriced" and tokens != call.tokens:
        odd = [
            f"{name}={ours} not {theirs}"
            for name, ours, theirs in zip(CLASSES, tokens, call.tokens, strict=True)
            if ours != theirs
        ]
        yield Finding("tokens", call.seq, " ".join(odd))
    elif call.amount is not None and charge.amount is not None and abs(charge.amount - call.amount) > TOLERANCE:
        yield Finding(
            "price", call.seq, f"{charge.amount / PICO:.9f} not {call.amount / PICO:.9f} ({charge.price.model})"
        )


def _hidden(call: Expected, charge: Charge) -> Iterator[Finding]:
    """Yield a finding where cached tokens that no span carries are not named, or some are named that spans carry."""
    is_named = charge.reason == CACHE_UNTOLD
    if not is_named and not _CACHED.isdisjoint(call.hidden):
        yield Finding("hidden", call.seq, f"cached tokens that nothing tells are priced as others: {charge.status}")
    if is_named and any(call.tokens[CLASSES.index(name)] for name in _CACHED):
        yield Finding("hidden", call.seq, "cached tokens are told, and said to be not")


_CACHED: Final = frozenset({"cache_read", "cache_write"})
