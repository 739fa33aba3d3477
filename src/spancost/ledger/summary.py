"""What calls cost, group by group, as whoever asked gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spancost.ledger.missing import ORDER
from spancost.ledger.remedies import remedy, remedy_of_silence
from spancost.money import exact_usd

if TYPE_CHECKING:
    from spancost.ledger.missing import Missing
    from spancost.ledger.silence import Quiet
    from spancost.ledger.sums import Key, Sums

__all__ = ["Coverage", "Group", "Missed", "Silent", "Summary", "missed_of", "silent_of", "summary_of"]


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that have the same values of the keys that were asked for, or all of them."""

    key: Mapping[str, str]
    """The value of each key, `(none)` where nothing tells it; empty where it is all calls."""
    cost: Decimal
    """USD, with every digit."""
    avg_cost_per_call: Decimal | None
    calls: int
    priced: int
    """Calls whose whole cost is known; with `partial` and `unpriced` they are all calls."""
    partial: int
    """Calls whose cost is a lower bound."""
    unpriced: int
    """Calls whose cost is not known at all."""
    estimated: int
    """Calls whose usage an instrumentation guessed; they are among the others."""
    duplicates: int
    """Further records of these calls, which were not counted again."""
    errors: int
    runs: int
    """Traces."""
    cost_per_run: Decimal | None
    input_tokens: int
    """Cache reads and writes included."""
    output_tokens: int
    """Reasoning included."""
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    latency_ms: float
    """Of all calls together."""

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the key, money as text with every digit."""
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "key"}
        return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in told.items()}


@dataclass(frozen=True, slots=True)
class Missed:
    """Calls of one kind of which something is not known, why, and what helps."""

    status: str
    """`unpriced`: they have no cost; `partial`: their cost is a lower bound; `estimated`: their cost is whole, of usage
    that may be a guess; `unsplit`: it takes cached tokens for others. The first of these that a call is."""
    reason: str
    provider: str
    model: str
    instrumentation: str
    calls: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Silent:
    """Agents and workflows without a call that any span tells of, and what helps."""

    reason: str
    """`no_call`: nothing tells what they used; `elsewhere`: they ran in another service, which counts them; `own_word`:
    each is charged, as one call, with what its own span says."""
    instrumentation: str
    asked_at: str
    """The host where they were asked, of those elsewhere."""
    agents: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much is known of what was called."""

    calls: int
    priced: int
    partial: int
    unpriced: int
    missing: tuple[Missed, ...]
    """Unpriced calls, partial, estimated and unsplit ones; of each the most frequent first."""
    silent: tuple[Silent, ...] = ()
    """Agents of whose calls no span tells."""

    def __str__(self) -> str:
        priced = f"priced {self.priced} of {self.calls} calls"
        return f"{priced}, {self.partial} partial" if self.partial else priced


@dataclass(frozen=True, slots=True)
class Summary:
    """What calls cost: in all, by group, and how much of it is known."""

    keys: tuple[str, ...]
    currency: str
    total: Group
    groups: tuple[Group, ...]
    """The dearest first."""
    coverage: Coverage

    def as_dict(self) -> dict[str, Any]:
        """Return it as `spancost report --json` prints it."""
        coverage = self.coverage
        return {
            "currency": self.currency,
            "total": self.total.as_dict(),
            "groups": [{"key": dict(group.key), **group.as_dict()} for group in self.groups],
            "coverage": {
                "calls": coverage.calls,
                "priced": coverage.priced,
                "partial": coverage.partial,
                "unpriced": coverage.unpriced,
                "missing": list(map(_told, coverage.missing)),
                "silent": list(map(_told, coverage.silent)),
            },
        }


def missed_of(missing: Mapping[Missing, int]) -> tuple[Missed, ...]:
    """Return calls of which something is not known as they are told."""
    told = sorted(missing.items(), key=lambda each: (ORDER.index(each[0].status), -each[1], each[0]))
    return tuple([Missed(*kind, calls, remedy(kind.reason, kind.instrumentation)) for kind, calls in told])


def silent_of(counts: Mapping[Quiet, int]) -> tuple[Silent, ...]:
    """Return agents without calls as they are told, by their instrumentation and where they were asked."""
    return tuple(
        [
            Silent(*quiet, agents, remedy_of_silence(quiet.reason, quiet.instrumentation))
            for quiet, agents in sorted(counts.items())
        ]
    )


def summary_of(
    keys: tuple[str, ...],
    total: Sums,
    groups: Mapping[Key, Sums],
    missing: Mapping[Missing, int],
    silent: Mapping[Quiet, int] = MappingProxyType({}),
) -> Summary:
    """Return sums as they are told."""
    ordered = sorted(groups.items(), key=lambda group: (-group[1].cost, -group[1].calls, group[0]))
    return Summary(
        keys,
        "USD",
        _group({}, total),
        tuple([_group(dict(zip(keys, key, strict=True)), sums) for key, sums in ordered]),
        Coverage(
            total.calls,
            total.priced,
            total.partial,
            total.unpriced,
            missed_of(missing),
            silent_of(silent),
        ),
    )


def _told(part: Missed | Silent) -> dict[str, Any]:
    return {each.name: getattr(part, each.name) for each in fields(part)}


def _group(key: Mapping[str, str], sums: Sums) -> Group:
    return Group(
        key,
        _usd(sums.cost),
        _each(sums.cost, sums.calls),
        sums.calls,
        sums.priced,
        sums.partial,
        sums.unpriced,
        sums.estimated,
        sums.duplicates,
        sums.errors,
        sums.runs,
        _each(sums.cost, sums.runs),
        sums.input,
        sums.output,
        sums.cache_read,
        sums.cache_write,
        sums.reasoning,
        sums.latency_ns / 1e6,
    )


def _usd(pico: int) -> Decimal:
    # Out of text: whatever precision the program has set, no digit is lost.
    return Decimal(exact_usd(pico))


def _each(cost: int, count: int) -> Decimal | None:
    return _usd((2 * cost + count) // (2 * count)) if count else None
