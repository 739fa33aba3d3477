"""Which attributes tell whom a call is for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import attribute_values

from spancost.calls import Who
from spancost.calls.who import NAMES, as_label


@pytest.mark.parametrize(("key", "name"), [(key, name) for key, names in NAMES.items() for name in names])
def test_every_attribute_name_tells_its_key(key: str, name: str) -> None:
    """Each name in the table is read for its key."""
    values: list[str | None] = [None]
    text, _, part = name.partition("#")
    assert Who.of((key,)).fill(values, {text: json.dumps({part: "ada"}) if part else "ada"})
    assert ["ada"] == values


@pytest.mark.parametrize("key", sorted(key for key, names in NAMES.items() if len(names) > 1))
def test_the_better_name_wins(key: str) -> None:
    """Of several names on one span the first of the table is taken, wherever it stands."""
    values: list[str | None] = [None]
    told = {name: str(rank) for rank, name in reversed(list(enumerate(NAMES[key]))) if "#" not in name}
    Who.of((key,)).fill(values, {"metadata": '{"lc_agent_name": "x", "user_id": "x", "session_id": "x"}'} | told)
    assert ["0"] == values


@pytest.mark.parametrize("told", ["", "None", None])
def test_nobody_is_no_name(told: Any) -> None:
    """Instrumentations write the empty text, or Python's word for nothing."""
    values: list[str | None] = [None]
    assert not Who.of(("user",)).fill(values, {"gen_ai.user": told, "metadata": json.dumps({"user_id": told})})


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "[1]", '{"user_id": null}', "[" * 10_000, "{" * 10_000, '{"user_id": "' + "x" * 70_000 + '"}', 5],
)
def test_a_text_that_is_no_json_tells_nothing(text: Any) -> None:
    """Whatever stands in the attribute, nothing is raised and nothing is made up."""
    assert not Who.of(("user",)).fill([None], {"metadata": text})


@pytest.mark.parametrize("text", ['"ada"', "ada"])
def test_a_name_in_json_quotes_is_told_without_them(text: str) -> None:
    """Langfuse writes each value of its metadata as JSON."""
    values: list[str | None] = [None]
    assert Who.of(("agent",)).fill(values, {"langfuse.observation.metadata.lc_agent_name": text})
    assert ["ada"] == values


@pytest.mark.parametrize("text", ['"', '"ada', 5, "null", '""', '"None"'])
def test_quotes_that_hold_no_name_raise_nothing(text: Any) -> None:
    """Whatever stands there."""
    Who.of(("agent",)).fill([None], {"langfuse.observation.metadata.lc_agent_name": text})


def test_only_empty_places_are_filled() -> None:
    """What a nearer span said stands; the answer says whether anything is still missing."""
    who = Who.of(("user", "team", "session"))
    values: list[str | None] = ["near", None, None]
    assert not who.fill(values, {"user.id": "far", "spancost.team": "ml"})
    assert ["near", "ml", None] == values
    assert who.fill(values, {"session.id": "s"})


def test_a_users_names_come_before_ours_and_only_for_their_key() -> None:
    """`[attribution]` adds names, it takes none away."""
    who = Who.of(("user", "team"), {"user": ("crm.id", "crm.mail")})
    plain = tuple(name for name in NAMES["user"] if "#" not in name)
    assert (("crm.id", "crm.mail", *plain), NAMES["team"]) == who.names


def test_an_unknown_key_is_an_attributes_own_name() -> None:
    """Budgets and dimensions may be over any attribute."""
    assert (("app.tier",),) == Who.of(("app.tier",)).names


@given(attribute_values())
def test_any_value_becomes_a_short_text(value: Any) -> None:
    """What becomes a metric attribute is text of bounded length, whatever the span carries."""
    values: list[str | None] = [None]
    full = Who.of(("user",)).fill(values, {"user.id": value})
    assert full == (as_label(value) not in ("", "None"))
    assert values == [None] or (isinstance(values[0], str) and len(values[0]) <= 256)


@given(st.dictionaries(st.text(max_size=3), st.integers()))
def test_attributes_of_others_fill_nothing(attributes: dict[str, int]) -> None:
    """A span that tells none of the keys leaves every place empty."""
    values: list[str | None] = [None, None]
    assert not Who.of(("user", "team")).fill(values, attributes)
    assert [None, None] == values


def test_an_agent_of_crewais_is_called_by_its_role() -> None:
    """What CrewAI writes as the agent's name is a hash."""
    values: list[str | None] = [None]
    Who.of(("agent",)).fill(values, {"gen_ai.agent.name": "2761807151cdc704", "crewai.agent.role": "research"})
    assert ["research"] == values
