"""What is read of texts that hold what was said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded.recording import RUNS, Span, read_spans, recordings

from spancost.calls import read_call
from spancost.calls.content import READ_OF
from spancost.calls.dialects import emitter_of
from spancost.calls.names import CALL_NAMES
from spancost.calls.repeated import repeated_usage
from spancost.ledger.otlp.spans import shortened

_RECORDINGS = {recording.name: recording for recording in recordings(RUNS)}


def _kept(span: Span) -> dict[str, Any]:
    return {
        name: shortened(name, value) if type(value) is str else value
        for name, value in span.attributes.items()
        if name in CALL_NAMES
    }


@pytest.mark.parametrize("name", _RECORDINGS)
def test_what_is_kept_of_a_recorded_span_reads_as_the_whole_does(name: str) -> None:
    """A reader of files keeps no words, and counts what a processor does."""
    for file in _RECORDINGS[name].processes:
        for span in read_spans(file):
            emitter, kept = emitter_of(span.scope), _kept(span)
            assert read_call(kept, emitter, span.error) == read_call(span.attributes, emitter, span.error)
            assert repeated_usage(kept) == repeated_usage(span.attributes)


@pytest.mark.parametrize("name", READ_OF)
@given(words=st.text(), cut=st.integers(0, 300))
def test_what_is_read_of_a_text_reads_the_same(name: str, words: str, cut: int) -> None:
    """Live spans have the whole, those that were read back only this."""
    answer = {"id": words, "message": words, "usage": {"input_tokens": 5, "details": {"reasoning": 3}, "tier": None}}
    for text in (words, json.dumps(answer)[:cut], json.dumps(answer), json.dumps([{"role": "user", "parts": []}])):
        kept = READ_OF[name](text)
        assert kept == READ_OF[name](kept)


@pytest.mark.parametrize("name", READ_OF)
def test_no_word_of_what_was_said_is_kept(name: str) -> None:
    """Neither an answer nor a question leaves a trace."""
    said = {"content": "secret", "usage": {"input_tokens": 5}, "usage_metadata": {"input_tokens": 5}}
    messages = [{"role": "user", "parts": [{"type": "text", "content": "secret"}]}]
    assert "secret" not in READ_OF[name](json.dumps(said)) + READ_OF[name](json.dumps(messages))
