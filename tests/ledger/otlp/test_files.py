"""Files of OTLP in every form, whole and damaged."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.written import line, message, request, told

from spancost.calls import Usage, Who
from spancost.calls.repeated import repeated_usage
from spancost.ledger.otlp import from_json
from spancost.ledger.otlp.files import Damage, read_batches
from spancost.ledger.otlp.spans import Span
from spancost.ledger.otlp.wanted import Wanted, wanted

_WANTED = Wanted(("text", "int", "double", "bool", "list", "huge", "a", "b", "gen_ai.prompt", "service.name"))


def _read(*paths: Path) -> tuple[list[Span], list[Damage]]:
    damages: list[Damage] = []
    return list(chain.from_iterable(read_batches(map(str, paths), _WANTED, damages.append))), damages


def _write(folder: Path, content: bytes) -> Path:
    path = folder / "spans"
    path.write_bytes(content)
    return path


_ATTRIBUTES: dict[str, Any] = {"text": "ä", "int": 7, "double": 0.5, "bool": True, "list": ["a", "b"]}
_SPAN = (
    3,
    9,
    1,
    2,
    1,
    "a span",
    "a.scope",
    {**_ATTRIBUTES, "list": ("a", "b")},
    {"service.name": "shop"},
    "Error code: 429",
)


def _told() -> dict[str, Any]:
    return told(2, 3, 9, _ATTRIBUTES, parent=1, name="a span", error="Error code: 429 - in the prompt")


_JSON = line(_told(), scope="a.scope", resource={"service.name": "shop"})
_PROTO = message(_told(), scope="a.scope", resource={"service.name": "shop"})
_FORMS = {
    "JSON lines": _JSON,
    "JSON with a byte order mark": b"\xef\xbb\xbf" + _JSON,
    "JSON without an end of line": _JSON.rstrip(),
    "JSON behind empty lines": b"\n  \n" + _JSON,
    "the Collector's protobuf": len(_PROTO).to_bytes(4) + _PROTO,
    "one protobuf message": _PROTO,
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", _FORMS)
def test_a_span_is_the_same_in_every_form(form: str, packed: bool, tmp_path: Path) -> None:
    """Whoever wrote the file, and however: all that is read of a span comes through."""
    content = _FORMS[form]
    assert ([_SPAN], []) == _read(_write(tmp_path, gzip.compress(content) if packed else content))


@pytest.mark.parametrize(
    "bomb",
    [
        b'{"resourceSpans": [' + b"{}," * 5_000_000 + b"{}]}\n",
        b'{"resourceSpans": [' + b"[]," * 5_000_000 + b"[]]}\n",
        b'{"resourceSpans": [' + b"1," * 33_000_000 + b"1]}\n",
        (34_000_000).to_bytes(4) + b"\x0a\x00" * 17_000_000,
    ],
    ids=["objects", "lists", "numbers", "protobuf"],
)
def test_a_few_bytes_that_unpack_to_millions_of_values_are_no_request(bomb: bytes, tmp_path: Path) -> None:
    """What is made of them would fill the memory; what stands around them is read."""
    around = _JSON if bomb.startswith(b"{") else _FORMS["the Collector's protobuf"]
    spans, damages = _read(_write(tmp_path, gzip.compress(around + bomb + around, 1)))
    assert ([_SPAN, _SPAN], ["holds more values than any request"]) == (spans, [damage.what for damage in damages])


def test_without_msgspec_the_standard_library_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `cli` makes it faster, no more."""
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.delitem(sys.modules, "spancost.ledger.otlp.from_typed_json", raising=False)
    assert ([_SPAN], []) == _read(_write(tmp_path, _JSON))
    assert "spancost.ledger.otlp.from_typed_json" not in sys.modules


@pytest.mark.parametrize(
    "value",
    [
        {},
        None,
        {"stringValue": "x"},
        {"stringValue": ""},
        {"stringValue": None},
        {"stringValue": "x" * 2_000},
        {"stringValue": "\ud800"},
        {"intValue": "-7"},
        {"intValue": 7.0},
        {"intValue": " 7 "},
        {"intValue": True},
        {"intValue": str(1 << 63)},
        {"doubleValue": 1},
        {"doubleValue": "-Infinity"},
        {"doubleValue": "1.5"},
        {"boolValue": False},
        {"arrayValue": {}},
        {"arrayValue": {"values": [{"intValue": "1"}, {}, {"arrayValue": {"values": [{"boolValue": True}]}}]}},
        {"arrayValue": {"values": [{"stringValue": "y" * 2_000}] * 200}},
        {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "x"}}]}},
        {"bytesValue": "AAAA"},
        {"unheardOfValue": 1},
    ],
)
@pytest.mark.parametrize("name", ["a", "gen_ai.task.output"])
def test_a_value_is_the_same_by_way_of_types_and_of_dicts(name: str, value: Any) -> None:
    """However it is spelled, and whether the types take it or refuse it."""
    span = told(2, 3, 9) | {"attributes": [{"key": name, "value": value}]}
    _same_by_both_ways(line(span, resource={"r": 1}))


def _same_by_both_ways(content: bytes) -> None:
    # Not above: without msgspec the rest of this file can be run, too.
    from spancost.ledger.otlp import from_typed_json

    assert _by(from_json.spans_of, content) == _by(from_typed_json.spans_of, content)


def _by(spans_of: Callable[..., Iterator[Span]], content: bytes) -> tuple[list[str], list[str], str]:
    """Return spans, damages and the fault of the whole, as text: no number equals one of another type, nor itself."""
    wrong: list[str] = []
    spans: list[str] = []
    try:
        spans.extend(map(repr, spans_of(content, Wanted(("a", "r", "gen_ai.task.output")), wrong.append)))
    except from_json.WRONG as fault:
        return spans, wrong, repr(fault)
    return spans, wrong, ""


def test_several_messages_and_several_lines_are_read_in_their_order(tmp_path: Path) -> None:
    """A file has as many requests as were exported."""
    for content in (
        b"".join(line(told(number, 1, 2)) for number in range(1, 6)),
        b"".join(len(each).to_bytes(4) + each for each in (message(told(number, 1, 2)) for number in range(1, 6))),
    ):
        spans, damages = _read(_write(tmp_path, content))
        assert ([1, 2, 3, 4, 5], []) == ([span.span_id for span in spans], damages)


def test_all_that_is_not_of_spans_is_passed_over(tmp_path: Path) -> None:
    """One exporter may write all three signals into one file."""
    content = b'{"resourceMetrics":[]}\n{}\n' + _JSON + b'{"resourceLogs":[]}\n{"resourceProfiles":[{}]}\n'
    assert ([_SPAN], []) == _read(_write(tmp_path, content))


def test_ids_times_and_counts_may_be_numbers_or_text(tmp_path: Path) -> None:
    """OTLP's JSON has 64-bit integers as text; other writers have them as numbers."""
    span = told(2, 3, 9, {"int": 7})
    span["startTimeUnixNano"], span["endTimeUnixNano"] = 3, 9
    span["attributes"][0]["value"] = {"intValue": 7}
    span["status"] = {"code": "STATUS_CODE_ERROR"}
    ((read,), damages) = _read(_write(tmp_path, line(span)))
    assert ((3, 9, {"int": 7}, ""), []) == ((read.start_ns, read.end_ns, read.attributes, read.error), damages)


@pytest.mark.parametrize(
    "between",
    [
        b"{not json}\n",
        b'{"resourceSpans": 7}\n',
        b"[1, 2]\n",
        b'{"spans": []}\n',
        b"17\n",
        b"null\n",
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz","spanId":"1"}]}]}]}\n',
        b'{"resourceSpans":[{"scopeSpans":[{"spans":["span"]}]}]}\n',
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[null]}]}]}\n',
        b"\xff\xfe\x00\n",
        b"[" * 100_000 + b"\n",
        line(told(9, 1 << 70, 1 << 70)),
        line(told(9, -5, 1)),
        line(told(9, 1, 2, {"huge": 1 << 80})),
    ],
)
def test_a_damaged_line_is_named_and_the_rest_is_read(between: bytes, tmp_path: Path) -> None:
    """What could be read is reported, what couldn't is named by file and line."""
    path = _write(tmp_path, _JSON + between + line(told(7, 1, 2)))
    spans, damages = _read(path)
    assert [2, 7] == [span.span_id for span in spans]
    assert [(str(path), "line 2")] == [(damage.file, damage.where) for damage in damages]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "before",
    [
        b"2025-10-09T08:53:20Z info service started\n",
        b"\x1b[34mINFO\x1b[0m exporting to file\n",
        b"\n\t at exporter.py, in start of the second of the two threads that write it\n",
        b"\tTraceback (most recent call last):\n",
        "Änderung am Sammler\n".encode(),
        b"x\n",
    ],
)
def test_a_text_ahead_of_the_lines_is_named_and_the_lines_are_read(before: bytes, packed: bool, tmp_path: Path) -> None:
    """What a program logs stands in its output before its spans: each such line is damage, and no protobuf."""
    content = before + _JSON + line(told(7, 1, 2))
    path = _write(tmp_path, gzip.compress(content) if packed else content)
    spans, damages = _read(path)
    assert [2, 7] == [span.span_id for span in spans]
    number = before.strip(b" ").count(b"\n")
    assert [f"line {number}"] == [damage.where for damage in damages]
    assert damages[0].what.startswith("is not JSON")


@pytest.mark.parametrize("length", [*range(0x09, 0x0E), *range(0x20, 0x7F)])
def test_a_message_whose_length_looks_like_text_is_protobuf(length: int, tmp_path: Path) -> None:
    """A message of 123 bytes begins with a line's end and a brace."""
    content = message(told(2, 3, 9, name="n"))
    spare = length - len(content) + 2
    if spare > 0:
        content = message(told(2, 3, 9, name="n" * (spare + 1)))
    spans, damages = _read(_write(tmp_path, content))
    assert ([2], []) == ([span.span_id for span in spans], damages)


@pytest.mark.parametrize("beyond", [(1 << 63, 1 << 63), (1, (1 << 64) - 1)], ids=["start", "end"])
def test_a_time_that_can_t_be_is_named_in_protobuf_too(beyond: tuple[int, int], tmp_path: Path) -> None:
    """It has room for more than any clock tells; the spans beside it are read."""
    content = message(told(2, 3, 9), told(9, *beyond), told(7, 1, 2))
    path = _write(tmp_path, len(content).to_bytes(4) + content)
    spans, damages = _read(path)
    assert [2, 7] == [span.span_id for span in spans]
    assert [f"{path}: message 1, byte 0: a span that can't be read (a time that can't be)"] == [*map(str, damages)]


@pytest.mark.parametrize("form", ["JSON", "protobuf"])
def test_no_content_is_kept(form: str, tmp_path: Path) -> None:
    """What a model was told or said stays in the file: what waits on disk holds none of it, nor does memory."""
    usage = '"usage_metadata": {"input_tokens": 5, "output_tokens": 9, "output_token_details": {"reasoning": 4}}'
    attributes = {
        "gen_ai.input.messages": "SECRET",
        "gen_ai.task.output": f'{{"content": "{"SECRET " * 20_000}", {usage}, "more": "SECRET"}}',
        "traceloop.entity.output": "SECRET",
        "gen_ai.usage.input_tokens": 5,
    }
    span = told(2, 3, 9, attributes, error="the model refused to say SECRET")
    write = line if form == "JSON" else message
    content = write(span, scope="s" * 100_000, resource={"service.name": "shop", "process.command_line": "SECRET"})
    damages: list[Damage] = []
    names = wanted(Who.of(("agent",), None))
    ((read,),) = read_batches([str(_write(tmp_path, content))], names, damages.append)
    assert [] == damages
    assert "SECRET" not in repr(read)
    assert Usage(5, 9, reasoning=4) == repeated_usage(read.attributes)
    assert ("", {"service.name": "shop"}) == (read.error, read.resource)
    assert 2000 > len(read.scope)


@pytest.mark.parametrize("form", ["JSON", "protobuf"])
def test_a_refusal_in_an_event_is_one_where_the_status_says_nothing(form: str, tmp_path: Path) -> None:
    """The last exception that was recorded counts, and no word of its message is kept."""
    kinds = ("exception.type", "ValueError"), ("exception.type", "InternalServerError")
    events = [
        {
            "name": "exception",
            "timeUnixNano": "5",
            "attributes": [
                {"key": key, "value": {"stringValue": kind}},
                {"key": "exception.message", "value": {"stringValue": "SECRET"}},
                {"key": "exception.stacktrace", "value": {"stringValue": "SECRET"}},
            ],
        }
        for key, kind in kinds
    ]
    span = told(2, 3, 9, error="") | {"events": [*events, {"name": "done", "timeUnixNano": "6"}]}
    spoken = told(3, 3, 9, error="the connection broke") | {"events": events}
    write = line if form == "JSON" else message
    spans, damages = _read(_write(tmp_path, write(span, spoken)))
    assert (["InternalServerError", ""], []) == ([each.error for each in spans], damages)


def test_a_wrong_span_costs_none_of_its_neighbours(tmp_path: Path) -> None:
    """One bad id among the spans of a request is that span's alone."""
    wrong = told(3, 1, 2) | {"spanId": "not hex"}
    spans, damages = _read(_write(tmp_path, line(told(2, 1, 2), wrong, told(4, 1, 2))))
    assert ([2, 4], 1) == ([span.span_id for span in spans], len(damages))


@pytest.mark.parametrize("form", ["JSON lines", "the Collector's protobuf"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_that_breaks_off_gives_what_came_before(form: str, packed: bool, tmp_path: Path) -> None:
    """A disk that was full, a copy that was cut: everything up to there counts, and the damage is told once."""
    content = _FORMS[form] * 200
    whole = gzip.compress(content) if packed else content
    spans, damages = _read(_write(tmp_path, whole[:-30]))
    assert 1 == len(damages)
    assert all(span == _SPAN for span in spans)
    if not packed:
        assert 199 == len(spans)


def test_a_file_packed_with_zstd_says_what_to_do(tmp_path: Path) -> None:
    """The Collector can write it, Python 3.11 can't read it."""
    (damage,) = _read(_write(tmp_path, b"\x00\x00\x00\x20\x28\xb5\x2f\xfd" + b"\x00" * 28))[1]
    assert "zstd" in damage.what
    assert "unpack it first" in damage.what


def test_a_file_that_is_not_there_is_damage(tmp_path: Path) -> None:
    """The other files are read all the same."""
    spans, damages = _read(tmp_path / "none", _write(tmp_path, _JSON), tmp_path)
    assert [_SPAN] == spans
    assert [str(tmp_path / "none"), str(tmp_path)] == [damage.file for damage in damages]


@given(st.binary(max_size=2_000))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever a file holds, the next one is read, and of whatever isn't is said which file it is."""
    folder = tmp_path_factory.mktemp("bytes")
    good = folder / "good"
    good.write_bytes(line(told(7, 1, 2)))
    for start in (b"", b"{", b"\x1f\x8b", b"\x0a", b"\x00\x00\x00\x10"):
        bad = _write(folder, start + content)
        spans, damages = _read(bad, good)
        assert 7 == spans[-1].span_id
        assert {str(bad)} >= {damage.file for damage in damages}


@pytest.mark.parametrize("place", ["resourceSpans", "scopeSpans", "resource", "scope", "spans", "attributes", "status"])
def test_the_text_null_is_no_null(tmp_path: Path, place: str) -> None:
    """A request that has it where a list or an object belongs is damaged; one that has a null there has nothing there."""
    whole = json.dumps(request([told(2, 1, 2, {"a": 1}, error="e")], scope="s", resource={"r": 1}))
    key = f'"{place}": '
    start = whole.index(key) + len(key)
    _, length = json.JSONDecoder().raw_decode(whole[start:])
    for value, is_damage in (('"null"', True), ('"NULL"', True), ("null", False)):
        content = (whole[:start] + value + whole[start + length :]).encode() + b"\n"
        _same_by_both_ways(content)
        _, damages = _read(_write(tmp_path, content + line(told(7, 1, 2))))
        assert is_damage == bool(damages)


@given(st.data())
def test_no_json_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A request with any value in any place is read, or named line by line."""
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    whole: Any = request([told(2, 1, 2, {"a": 1, "b": ["x"]}, parent=1, error="e")], scope="s", resource={"r": 1})
    place: Any = whole
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.integers(0, 3)) == 0 or not isinstance(place[key], (dict, list)):
            place[key] = data.draw(anything)
            break
        place = place[key]
    folder = tmp_path_factory.mktemp("json")
    content = json.dumps(whole).encode() + b"\n"
    spans, damages = _read(_write(folder, content + line(told(7, 1, 2))))
    _same_by_both_ways(content)
    assert 7 == spans[-1].span_id
    assert {"line 1"} >= {damage.where for damage in damages}


def test_what_was_said_is_not_kept(tmp_path: Path) -> None:
    """Of a prompt no more is held than of any name: memory stays small, and no content waits on disk."""
    ((span,), _) = _read(_write(tmp_path, line(told(2, 1, 2, {"gen_ai.prompt": "x" * 500_000, "http.url": "/"}))))
    assert {"gen_ai.prompt": "x" * 1_025} == span.attributes
    assert "gen_ai.prompt" not in wanted(Who.of(("agent", "user"))).of("")
