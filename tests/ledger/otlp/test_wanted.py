"""What is kept of a file: no more than is read, and a resource once."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from ledger.written import line, message, request, told

from spancost.calls import Who
from spancost.ledger.otlp.files import Damage, read_batches
from spancost.ledger.otlp.spans import Span
from spancost.ledger.otlp.wanted import Names, Wanted, wanted

_SAID = '[{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}]'
_OPENLIT = "openlit.instrumentation.langchain"


def _read(folder: Path, content: bytes, names: Wanted) -> tuple[list[Span], list[Damage]]:
    (folder / "spans").write_bytes(content)
    damages: list[Damage] = []
    return list(chain.from_iterable(read_batches([str(folder / "spans")], names, damages.append))), damages


@pytest.mark.parametrize(
    ("scope", "keys", "kept"),
    [
        (_OPENLIT, ("agent",), {"gen_ai.input.messages": "11"}),
        ("opentelemetry.instrumentation.genai.openai", ("agent",), {}),
        ("opentelemetry.instrumentation.genai.openai", ("gen_ai.input.messages",), {"gen_ai.input.messages": "11"}),
    ],
)
def test_messages_are_measured_only_where_it_is_asked_how_long_they_are(
    scope: str, keys: tuple[str, ...], kept: dict[str, str], tmp_path: Path
) -> None:
    """Of one instrumentation's spans counting asks, of any other's whoever groups by it."""
    content = line(told(2, 3, 9, {"gen_ai.input.messages": _SAID}), scope=scope)
    (span,), _ = _read(tmp_path, content, wanted(Who.of(keys)))
    assert kept == span.attributes


@pytest.mark.parametrize("write", [line, message])
def test_a_resource_that_requests_repeat_is_one_object(write: Callable[..., bytes], tmp_path: Path) -> None:
    """Requests of one process each tell whose they are, and it is held once."""
    requests = [write(told(number, 3, 9), resource={"service.name": "shop"}) for number in range(1, 4)]
    other = write(told(4, 3, 9), resource={"service.name": "bar"})
    if write is message:
        requests, other = [_behind_length(each) for each in requests], _behind_length(other)
    spans, damages = _read(tmp_path, b"".join([*requests, other]), _names())
    assert [] == damages
    assert ["shop", "shop", "shop", "bar"] == [span.resource["service.name"] for span in spans]
    assert 2 == len({id(span.resource) for span in spans})


def test_a_request_whose_last_resource_types_refuse_is_read_once(tmp_path: Path) -> None:
    """Whatever was right before it is neither lost nor told twice."""
    first, second = (request([told(number, 3, 9)], resource={"service.name": "shop"}) for number in (2, 3))
    of_resource: dict[str, Any] = second["resourceSpans"][0]
    of_resource["resource"]["attributes"].append({"key": "more", "value": {"intValue": "much"}})
    first["resourceSpans"] += second["resourceSpans"]
    spans, damages = _read(tmp_path, json.dumps(first).encode() + b"\n", _names())
    assert ([2, 3], []) == ([span.span_id for span in spans], damages)


def test_a_resource_that_is_no_message_is_named(tmp_path: Path) -> None:
    """It is read apart from the message around it, and said of that all the same."""
    whole = message(told(2, 3, 9), resource={"service.name": "shop"})
    spans, damages = _read(tmp_path, _behind_length(whole.replace(b"shop", b"\xff\xff\xff\xff")), _names())
    assert ([], ["message 1, byte 0"]) == (spans, [damage.where for damage in damages])


def test_processes_without_end_are_not_held(tmp_path: Path) -> None:
    """The last thousand resources are remembered, and each is what it was."""
    content = b"".join(line(told(number, 3, 9), resource={"service.name": f"s{number}"}) for number in range(1, 3_000))
    spans, _ = _read(tmp_path, content, _names())
    assert [f"s{number}" for number in range(1, 3_000)] == [span.resource["service.name"] for span in spans]


def _names() -> Wanted:
    return wanted(Who.of(("agent",)))


def _behind_length(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content


def test_what_a_span_of_an_unknown_product_is_said_to_be_is_kept(tmp_path: Path) -> None:
    """Whatever the attribute is called before its end; no other that nobody asks for is."""
    kinds = {"acme.span.kind": "AGENT", "acme.span_type": "agent"}
    span = told(1, 3, 9, attributes={**kinds, "acme.span.mind": "AGENT", "acme.kind": "agent"})
    spans, damages = _read(tmp_path, line(span), _names())
    assert ([kinds], []) == ([each.attributes for each in spans], damages)


def test_what_a_bare_request_was_answered_is_kept_and_not_what_it_was_asked(tmp_path: Path) -> None:
    """Whatever the provider is called; of the usage all, as long as it is."""
    answer = {"llm.acme.usage": "{" + "'prompt_tokens': 1, " * 100 + "}", "llm.acme.id": "x"}
    span = told(1, 3, 9, attributes={**answer, "llm.acme.messages": "hello", "llm.acme": "x", "acme.usage": "x"})
    spans, damages = _read(tmp_path, line(span), _names())
    assert ([answer], []) == ([each.attributes for each in spans], damages)


def test_names_without_end_are_not_remembered() -> None:
    """A hostile file has as many as it likes."""
    names = _names().of("")
    for number in range(20_000):
        assert names[f"a{number}.span.kind"] == f"a{number}.span.kind"
    assert 8_192 >= len(names)


def test_a_resource_of_any_length_is_read_and_only_a_short_one_remembered() -> None:
    """A file of resources that are long and all different must not be held in memory."""
    reads: list[int] = []

    def read(content: bytes, _: Names) -> dict[str, Any]:
        reads.append(len(content))
        return {"length": len(content)}

    kept = Wanted(["a"])
    for length in (10, 10, 20_000, 20_000):
        assert {"length": length} == kept.resource(b"x" * length, read)
    assert [10, 20_000, 20_000] == reads
