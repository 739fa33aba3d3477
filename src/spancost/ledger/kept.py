"""A ledger asked, while programs write it: what groups of calls cost, the trees, and one span or trace."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from spancost.calls.bare import WRITER
from spancost.calls.who import NONE, as_label
from spancost.errors import DamagedLedgerError, LedgerError
from spancost.ledger.aside import is_damage
from spancost.ledger.keys import COLUMNS
from spancost.ledger.missing import ESTIMATED, GUESSED, PARTIAL, UNPRICED, UNSPLIT, Missing, count
from spancost.ledger.period import Period
from spancost.ledger.schema import MIGRATIONS, migrate, version_of
from spancost.ledger.silence import OWN_WORD, Quiet
from spancost.ledger.summary import Summary, summary_of
from spancost.ledger.sums import Key, Sums

__all__ = ["cost_of", "opened", "summary", "unknown"]

_PATIENCE: Final = 5.0
"""Seconds that a question waits for whoever holds the file."""

_MILLION: Final = 10**6
"""Amounts and times are added up in two parts: their sum may be more than SQLite's integers hold."""

_SUMS: Final = f"""
    sum(calls), sum(cost / {_MILLION}), sum(cost % {_MILLION}),
    sum(calls * (status = 'partial')), sum(calls * (cost IS NULL)), sum(calls * estimated),
    sum(duplicates), count(error), count(DISTINCT home_trace_id),
    sum(latency_ns / {_MILLION}), sum(latency_ns % {_MILLION}),
    sum(input), sum(output), sum(cache_read), sum(cache_write), sum(reasoning)
"""

_WITHIN: Final = "FROM charges WHERE start_ns >= ? AND start_ns < ?"

_MISSING: Final = f"""
    SELECT CASE WHEN cost IS NULL THEN '{UNPRICED}' WHEN status = '{PARTIAL}' THEN '{PARTIAL}' WHEN estimated
    THEN '{ESTIMATED}' ELSE '{UNSPLIT}' END,
    CASE WHEN cost IS NULL OR status = '{PARTIAL}' OR NOT estimated THEN reason ELSE '{GUESSED}' END,
    provider, model, instrumentation, sum(calls)
    {_WITHIN} AND (cost IS NULL OR status = '{PARTIAL}' OR estimated OR reason != '')
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC
"""
"""As `missing_of` says it of a charge."""


_ABOVE: Final = """json_each('["' || replace({}.ancestors, ' ', '","') || '"]') AS above"""
"""The ids of the spans above an owner, one a row."""

_SILENT: Final = f"""
    SELECT silent, instrumentation, asked_at, count(*) FROM owners AS one WHERE at_ns >= ? AND at_ns < ? AND (
        silent = 'elsewhere' OR silent = 'no_call' AND NOT EXISTS (
            SELECT 1 FROM {_ABOVE.format("one")} CROSS JOIN owners AS around
            ON around.process = one.process AND around.trace_id = one.trace_id AND around.span_id = above.value
            WHERE around.kind IN ('agent', 'workflow')
        ) AND (process, trace_id, span_id) NOT IN (
            SELECT process, trace_id, above.value FROM owners AS other, {_ABOVE.format("other")}
            WHERE silent = 'elsewhere'
        )
    ) GROUP BY 1, 2, 3
"""  # noqa: S608 - names of ours
"""Of agents below an agent the outermost speaks, and who asks an agent in another service may have no calls."""

_OWN_WORD: Final = """
    SELECT charges.instrumentation, count(*) FROM owners CROSS JOIN charges USING (process, trace_id, span_id)
    WHERE start_ns >= ? AND start_ns < ? AND asked_at = '' AND charges.instrumentation <> ? GROUP BY 1
"""
"""A call is no owner: an owner that is charged is an agent that no call is known of, or was written over."""


@contextmanager
def opened(path: Path) -> Generator[sqlite3.Connection]:
    """Open a ledger to ask it: all that is asked inside sees one moment of it.

    Raises LedgerError where there is none, or it can't be read, DamagedLedgerError where it is no whole database.
    """
    try:
        if not path.exists():
            raise LedgerError(
                f"{path}: there is no ledger: set SPANCOST_LEDGER where programs run, or name files of spans"
            )
        if not path.is_file():
            raise LedgerError(f"{path}: is no file: name one in SPANCOST_LEDGER")
        connection = _connected(path)
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as fault:
        if is_damage(fault):
            raise DamagedLedgerError(
                f"{path}: {fault}: move it away and programs that run begin a new one; what is left of it"
                " `sqlite3 FILE .recover` prints"
            ) from fault
        raise LedgerError(
            f"{path}: can't be read ({fault}): where you may not write, copy it with the files beside it and ask that"
        ) from fault


def _connected(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "ro")
    version = version_of(connection, str(path))
    if version == 0:
        connection.close()
        raise LedgerError(f"{path}: is empty: no program has kept a charge in it yet")
    if version < len(MIGRATIONS):
        connection.close()
        connection = _connect(path, "rw")
        migrate(connection, str(path))
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Those who read and write at once share files beside it: where none can be made, and none is, nobody writes.
    is_still = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode={mode}" + ("&immutable=1" if is_still and mode == "ro" else "")
    return sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)


def summary(connection: sqlite3.Connection, keys: tuple[str, ...], period: Period) -> Summary:
    """Return what the calls of a period cost, by these keys."""
    groups = dict(_groups(connection, keys, period))
    total = next((sums for _, sums in _groups(connection, (), period)), Sums())
    return summary_of(keys, total, groups, _missing(connection, period), _silent(connection, period))


def unknown(summary: Summary) -> list[str]:
    """Return the keys of a summary that no call in it tells, and that a ledger has only where a setting names them."""
    return [
        key
        for key in summary.keys
        if key not in COLUMNS and summary.groups and all(group.key[key] == NONE for group in summary.groups)
    ]


def cost_of(
    connection: sqlite3.Connection, trace_id: int | None, span_id: int | None, process: str | None = None
) -> int | None:
    """Return what a span or a whole trace cost, pico-USD; None where nothing is known of it.

    A span alone is looked for in every row. A `process` that is named is the only one whose rows are asked.
    """
    conditions: list[str] = []
    values: list[str] = []
    if process is not None:
        conditions.append("process = ?")
        values.append(process)
    if trace_id is not None:
        conditions.append("(trace_id = ? OR home_trace_id = ?)")
        values += [f"{trace_id:032x}"] * 2
    if span_id is not None:
        conditions.append("(span_id || ' ' || ancestors) LIKE '%' || ? || '%'")
        values.append(f"{span_id:016x}")
    row = connection.execute(
        f"SELECT {_SUMS} FROM charges WHERE {' AND '.join(conditions)}",  # noqa: S608 - they are ours
        values,
    ).fetchone()
    sums = _sums(row)
    return sums.cost if sums.calls else None


def _groups(connection: sqlite3.Connection, keys: tuple[str, ...], period: Period) -> Iterator[tuple[Key, Sums]]:
    values: list[object] = []
    readers: list[str] = []
    for key in keys:
        column = COLUMNS.get(key)
        if column is None:
            # The key of a JSON object in quotes: it may have dots in it.
            values.append('$."' + as_label(key).replace('"', "") + '"')
            column = "json_extract(attributes, ?)"
        readers.append(f"coalesce(nullif({column}, ''), '{NONE}')")
    grouped = f" GROUP BY {', '.join(map(str, range(1, len(keys) + 1)))}" if keys else ""
    selected = "".join(f"{reader}, " for reader in readers)
    # Nothing of the user's stands in it: columns are ours, and a key is a value.
    for row in connection.execute(f"SELECT {selected}{_SUMS} {_WITHIN}{grouped}", (*values, *period)):
        yield tuple(map(str, row[: len(keys)])), _sums(row[len(keys) :])


def _sums(row: tuple[int | None, ...]) -> Sums:
    sums = Sums()
    told = [value or 0 for value in row]
    sums.calls, millions, rest, sums.partial, sums.unpriced, sums.estimated = told[:6]
    sums.cost = millions * _MILLION + rest
    sums.duplicates, sums.errors, sums.runs, millions, rest = told[6:11]
    sums.latency_ns = millions * _MILLION + rest
    sums.input, sums.output, sums.cache_read, sums.cache_write, sums.reasoning = told[11:]
    return sums


def _silent(connection: sqlite3.Connection, period: Period) -> dict[Quiet, int]:
    """Return the agents of whose calls no span tells."""
    silent = {Quiet(*told): agents for *told, agents in connection.execute(_SILENT, period)}
    said = {
        Quiet(OWN_WORD, scope, ""): agents for scope, agents in connection.execute(_OWN_WORD, (*period, WRITER.scope))
    }
    return silent | said


def _missing(connection: sqlite3.Connection, period: Period) -> Counter[Missing]:
    """Return the calls of which something is not known; those beyond the most frequent kinds as others."""
    missing = Counter[Missing]()
    for *kind, calls in connection.execute(_MISSING, period):
        count(missing, Missing(*kind), calls)
    return missing
