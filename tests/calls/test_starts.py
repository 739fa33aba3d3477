"""What is known of a span when it starts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import attribute_values

from spancost.calls import OPERATIONS, kind_at_start
from spancost.calls.dialects import DIALECTS, GEN_AI, Field
from spancost.calls.shapes import SPELLINGS
from spancost.calls.starts import may_be_ours


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_span_that_names_its_operation_may_be_ours(dialect: Any) -> None:
    """In every dialect, among attributes of anything else."""
    for name in (*dialect.fields.get(Field.OPERATION, ()), *dialect.markers):
        assert may_be_ours("step", {"http.route": "/", name: "x"})


@pytest.mark.parametrize("operation", GEN_AI.operations)
def test_so_may_one_with_a_name_of_the_conventions(operation: str) -> None:
    """The operation, alone or in front of what it is done with."""
    assert may_be_ours(operation, {"server.port": 443})
    assert may_be_ours(f"{operation} gpt-5.2", {"server.port": 443})
    assert not may_be_ours(f"{operation}s", {"server.port": 443})


def test_so_may_one_that_tells_how_a_model_is_asked() -> None:
    """OpenInference's spans of Groq and Mistral start with the parameters of the call, and say later that they are one."""
    assert may_be_ours("Completions", {"llm.invocation_parameters": "{}", "input.mime_type": "application/json"})
    assert may_be_ours("step", {"gen_ai.request.temperature": 0.5})


@pytest.mark.parametrize("name", sorted({name for names in SPELLINGS.values() for name in names}))
def test_so_may_one_that_tells_any_field_of_a_call(name: str) -> None:
    """Of an instrumentation that says only at its end what it is: a model or a count is enough."""
    assert may_be_ours("step", {"http.route": "/", name: 1})


def test_one_that_tells_nothing_may_be_anything() -> None:
    """Many instrumentations tell everything later."""
    assert may_be_ours("ChatOpenAI", None)
    assert may_be_ours("coordinator", {})


def test_one_that_tells_of_something_else_is_believed() -> None:
    """A request or a query is no call, and none lies in it that wouldn't say so itself."""
    assert not may_be_ours("POST", {"http.request.method": "POST", "url.full": "http://host/"})
    assert not may_be_ours("SELECT orders", {"db.system": "sqlite"})


def test_one_that_tells_whom_calls_are_for_is_seen() -> None:
    """A request's span with its user, or with what the program's own dimensions name: calls far below ask it."""
    assert may_be_ours("POST /ask", {"http.request.method": "POST", "enduser.id": "ada"})
    assert may_be_ours("POST /ask", {"http.request.method": "POST", "shop.aisle": 7}, frozenset({"shop.aisle"}))
    assert not may_be_ours("POST /ask", {"http.request.method": "POST", "shop.aisle": 7})


_OPERATIONS = sorted({operation for dialect in DIALECTS for operation in dialect.operations})


@given(
    attribute_values(),
    st.dictionaries(
        st.sampled_from(sorted(OPERATIONS)) | st.text(max_size=9),
        st.sampled_from(_OPERATIONS) | attribute_values(),
        max_size=4,
    ),
)
def test_whatever_starts_as_a_call_may_be_ours(name: Any, attributes: dict[str, Any]) -> None:
    """Nothing that the engine would take for a call, an agent or a tool at its start is let go, whatever it is."""
    assert kind_at_start(attributes) is None or may_be_ours(name, attributes)
