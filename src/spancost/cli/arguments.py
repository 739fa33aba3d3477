"""What can be asked on the command line."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta
from typing import Final

from spancost.cli import report, tree
from spancost.ledger.period import length_of, moment_of
from spancost.version import VERSION

__all__ = ["parser"]

_FORMATS: Final = ("text", "json", "csv")


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command; the chosen one is `run` of what it parses."""
    top = argparse.ArgumentParser(prog="spancost", description="What AI agents cost, from their OpenTelemetry spans.")
    top.add_argument("--version", action="version", version=f"spancost {VERSION}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    trees = commands.add_parser("tree", help="print what each agent cost, one below the other")
    _common(trees)
    trees.add_argument("--trace", metavar="ID", type=_trace_id, help="only this trace, by its hexadecimal id")
    trees.add_argument(
        "--limit", metavar="N", type=_count, default=20, help="trees in text, dearest first; 0 is all (20)"
    )
    trees.set_defaults(run=tree.run)

    reports = commands.add_parser("report", help="print what calls cost, grouped by any key")
    _common(reports)
    reports.add_argument(
        "--by",
        metavar="KEYS",
        type=_keys,
        default=("model",),
        help="agent, model, provider, user, team, tenant, workflow, session, service, tool, agent_path, status, or any"
        " attribute; several with commas between (model)",
    )
    reports.add_argument(
        "--last", metavar="24h", type=_last, help="calls that started so long ago or later: s, m, h, d, w"
    )
    reports.add_argument("--since", metavar="TIME", type=_moment, help="calls that started then or later, ISO 8601")
    reports.add_argument("--until", metavar="TIME", type=_moment, help="calls that started before, ISO 8601")
    reports.set_defaults(run=report.run)
    return top


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="OTLP spans: JSON lines or protobuf, plain or gzip; - is standard input; without any, the ledger",
    )
    command.add_argument("--format", choices=_FORMATS, default="text", help="text, json or csv (text)")
    command.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(filter(None, (key.strip() for key in text.split(",")))))
    if not keys:
        raise argparse.ArgumentTypeError("name at least one key")
    return keys


def _trace_id(text: str) -> int:
    if not re.fullmatch(r"[0-9a-fA-F]{1,32}", text):
        raise argparse.ArgumentTypeError(f"a trace id has up to 32 hexadecimal digits, got {text[:80]!r}")
    return int(text, 16)


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise argparse.ArgumentTypeError(f"a whole number, got {text[:80]!r}")
    return int(text)


def _last(text: str) -> timedelta:
    try:
        return length_of(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{fault}, got {text[:80]!r}") from None


def _moment(text: str) -> datetime:
    try:
        return moment_of(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{fault}, got {text[:80]!r}") from None
