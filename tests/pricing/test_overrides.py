"""The user's own prices: read whole or refused whole, and stronger than the table's."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, localcontext
from typing import Any, cast

import pytest

from spancost.calls.usage import Usage
from spancost.errors import ConfigError
from spancost.pricing import Override, Price, PriceBook
from spancost.pricing.overrides import parse
from spancost.pricing.rates import Rates

NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 10**9

CALL = Usage(1000, 100)
RATES = "input, output, cache_read, cache_write, cache_write_1h, reasoning, audio_input, audio_output"


def read(text: str) -> tuple[Override, ...]:
    """Return the overrides of a TOML text."""
    return parse(tomllib.loads(text)["price"], "spancost.toml")


def price(text: str, provider: str, *models: str, usage: Usage = CALL, at_ns: int = NOON) -> Price:
    """Return a price under the overrides of a TOML text."""
    return PriceBook(read(text)).price(provider, models, usage, at_ns)


def test_a_price_is_usd_per_million_tokens_as_text_or_number() -> None:
    """Strings, integers and floats mean what the file says, to the last digit."""
    rates = [
        override.rates.input
        for override in read("""
        [[price]]
        model = "a"
        input = "0.1"
        [[price]]
        model = "b"
        input = 0.1
        [[price]]
        model = "c"
        input = 3
    """)
    ]
    assert [100_000, 100_000, 3_000_000] == rates


def test_the_worked_example() -> None:
    """gpt-5.2 at 3/15 and gemini-3-pro at 2.5/10 USD a million give 0.012, 0.018 and 0.00325 USD."""
    text = """
        [[price]]
        model = "gpt-5.2"
        input = "3"
        output = "15"
        [[price]]
        model = "gemini-3-pro"
        input = "2.5"
        output = "10"
    """
    calls = [("openai", "gpt-5.2", 1500, 500), ("openai", "gpt-5.2", 2000, 800), ("google", "gemini-3-pro", 500, 200)]
    amounts = [price(text, provider, model, usage=Usage(i, o)).amount for provider, model, i, o in calls]
    assert [12 * 10**9, 18 * 10**9, 3_250_000_000] == amounts


def test_a_class_left_out_costs_what_the_class_around_it_costs() -> None:
    """Cache and audio cost what input costs, reasoning and speech what output costs, and nothing is partial."""
    usage = Usage(100, 10, 20, 30, 5, 4, 40, 3, 10)
    answer = price('[[price]]\nmodel = "m"\ninput = 2\noutput = 3', "vllm", "m", usage=usage)
    assert Price(100 * 2_000_000 + 10 * 3_000_000, "override", "vllm:m", "override", "") == answer


def test_every_rate_can_be_set() -> None:
    """Each key prices its own class."""
    text = """
        [[price]]
        model = "m"
        input = 1
        output = 2
        cache_read = 3
        cache_write = 4
        cache_write_1h = 5
        reasoning = 6
        audio_input = 7
        audio_output = 8
    """
    millions = [rate // 10**6 if rate else rate for rate in read(text)[0].rates]
    assert [1, 2, 3, 4, 5, 6, 7, 8, None, 0] == millions


def test_output_without_a_price_makes_the_call_partial() -> None:
    """A price for input alone is right for embeddings, and a lower bound for anything that answers."""
    text = '[[price]]\nmodel = "m"\ninput = 2'
    assert "override" == price(text, "vllm", "m", usage=Usage(10)).status
    assert "partial" == price(text, "vllm", "m", usage=Usage(10, 1)).status


@pytest.mark.parametrize(
    ("provider", "models"),
    [
        ("openai", ["gpt-5.2"]),
        ("openai", ["GPT-5.2 "]),
        ("openai", ["gpt-5.2-2025-12-11"]),
        ("openai", ["gpt-5.2-2025-12-11", "gpt-5.2"]),
        ("openai", ["gpt-5.1", "gpt-5.2"]),
        ("openai", ["openai/gpt-5.2"]),
        ("vllm", ["gpt-5.2"]),
        ("", ["gpt-5.2"]),
        ("langchain", ["gpt-5.2"]),
    ],
)
def test_an_override_beats_the_list_price(provider: str, models: list[str]) -> None:
    """The user's price holds for the model under any of its names, as answered or as requested, at any provider."""
    answer = price('[[price]]\nmodel = "gpt-5.2"\ninput = 0\noutput = 0', provider, *models)
    assert (0, "override", "override") == (answer.amount, answer.status, answer.version)


@pytest.mark.parametrize(
    ("override", "provider", "model"),
    [
        ({"model": "openai/gpt-4o"}, "", "openai/gpt-4o"),
        ({"model": "openai/gpt-4o"}, "litellm", "openai/gpt-4o"),
        ({"model": "groq/llama-9-mine"}, "", "groq/llama-9-mine"),
        ({"model": "anthropic/claude-x"}, "litellm", "anthropic/claude-x"),
        ({"model": "bedrock/anthropic.claude-x-v1:0"}, "", "bedrock/anthropic.claude-x-v1:0"),
        ({"model": "gpt-4o", "provider": "litellm"}, "LiteLLM", "gpt-4o"),
        ({"model": "mine", "provider": "langchain"}, "langchain", "mine"),
        ({"model": "gpt-4o", "provider": "azure.ai.openai"}, "azure", "gpt-4o"),
        ({"model": "gpt-4o"}, "litellm", "openai/gpt-4o"),
    ],
)
def test_a_price_named_as_on_the_span_holds(override: dict[str, str], provider: str, model: str) -> None:
    """Model and provider as they stand there, whoever bills in truth; else under the names of who bills."""
    book = PriceBook(parse([{**override, "input": "7", "output": "7"}], "f"))
    price = book.price(provider, (model,), Usage(10**6), 0)
    assert (7 * 10**12, "override") == (price.amount, price.status)


def test_a_price_for_one_framework_is_not_anothers() -> None:
    """No framework bills: its name says which spans are meant, and no more."""
    book = PriceBook(parse([{"model": "gpt-4o", "provider": "langchain", "input": "7", "output": "7"}], "f"))
    assert "exact" == book.price("crewai", ("gpt-4o",), Usage(10**6), 1_790_000_000 * 10**9).status


def test_the_first_candidate_with_an_override_decides() -> None:
    """Where the user priced both, the model that answered comes before the one requested."""
    text = '[[price]]\nmodel = "a"\ninput = 1\n[[price]]\nmodel = "b"\ninput = 2'
    assert [1_000_000, 2_000_000] == [
        price(text, "vllm", *models, usage=Usage(1)).amount for models in (("a", "b"), ("b", "a"))
    ]


def test_a_price_for_one_provider_holds_for_that_one_only() -> None:
    """The provider's own price comes first, then the one for anybody, then the table; any spelling names it."""
    text = """
        [[price]]
        model = "gpt-5.2"
        provider = "azure.ai.openai"
        input = 1
        [[price]]
        model = "gpt-5.1"
        provider = "openai"
        input = 2
        [[price]]
        model = "gpt-5.1"
        input = 3
    """
    input_only = Usage(1)
    answers = [
        price(text, provider, model, usage=input_only)
        for provider, model in [("azure", "gpt-5.2"), ("openai", "gpt-5.2"), ("", "gpt-5.1"), ("azure", "gpt-5.1")]
    ]
    assert [1_000_000, 1_750_000, 2_000_000, 3_000_000] == [answer.amount for answer in answers]
    assert ["override", "exact", "override", "override"] == [answer.status for answer in answers]


def test_an_override_holds_from_its_moment_on() -> None:
    """Before the first `from` the table's price holds; a later `from` takes over; naive times are UTC."""
    text = """
        [[price]]
        model = "gpt-5.2"
        input = 2
        from = 2026-11-24
        [[price]]
        model = "gpt-5.2"
        input = 1
        from = "2026-11-23T13:00:00+01:00"
    """
    day = 86_400 * 10**9
    moments = [NOON - 1, NOON, NOON + day // 2 - 1, NOON + day // 2]
    amounts = [price(text, "openai", "gpt-5.2", usage=Usage(1), at_ns=at_ns).amount for at_ns in moments]
    assert [1_750_000, 1_000_000, 1_000_000, 2_000_000] == amounts


def test_an_undated_price_holds_before_the_dated_ones() -> None:
    """Without `from` a price holds until another begins."""
    text = """
        [[price]]
        model = "m"
        input = 2
        from = "2026-11-24T00:00:00Z"
        [[price]]
        model = "m"
        input = 1
    """
    assert [1_000_000, 2_000_000] == [
        price(text, "vllm", "m", usage=Usage(1), at_ns=at_ns).amount for at_ns in (NOON, NOON + 86_400 * 10**9)
    ]


_COST = "write what a million tokens cost in USD"
_DIGITS = f'{_COST}, in digits alone, such as "0.20"'
_DATE = "write it as 2026-11-01 or 2026-11-01T00:00:00Z, or leave it out"
_PROVIDER = "write the name as it stands on spans, or leave it out"


@pytest.mark.parametrize(
    ("item", "key", "message", "remedy"),
    [
        ({"input": "x"}, ".input", "input must be a decimal string or number, got 'x'", _DIGITS),
        ({"input": True}, ".input", "input must be a decimal string or number, got True", _DIGITS),
        ({"input": "NaN"}, ".input", "input must be a decimal string or number, got 'NaN'", _DIGITS),
        ({"input": float("inf")}, ".input", "input must be a decimal string or number, got inf", _DIGITS),
        ({"output": [1]}, ".output", "output must be a decimal string or number, got [1]", _DIGITS),
        (
            {"input": 16**5000},
            ".input",
            "input must be a decimal string or number, got a number of thousands of digits",
            _DIGITS,
        ),
        (
            {"input": -1},
            ".input",
            "input must be from 0 to 1000000 USD per million tokens, got -1",
            "write 0 where it costs nothing",
        ),
        ({"input": "1e9"}, ".input", "input must be from 0 to 1000000 USD per million tokens, got '1e9'", _COST),
        ({}, "", "has neither input nor output", _COST),
        ({"cache_read": 1}, "", "has neither input nor output", _COST),
        ({"input": 1, "from": "soon"}, ".from", "from must be an ISO date or timestamp, got 'soon'", _DATE),
        ({"input": 1, "from": 5}, ".from", "from must be an ISO date or timestamp, got 5", _DATE),
        ({"input": 1, "provider": 5}, ".provider", "provider must be text of at most 512 characters, got 5", _PROVIDER),
        ({"input": 1, "outptu": 5}, ".outptu", "unknown key 'outptu'", "write output"),
        (
            {"input": 1, "colour": 5},
            ".colour",
            "unknown key 'colour'",
            f"take it out: the keys are provider, model, {RATES}, from",
        ),
    ],
)
def test_a_wrong_price_is_named_with_its_place_key_and_remedy(
    item: dict[str, object], key: str, message: str, remedy: str
) -> None:
    """The problem says which price of which file, which key, what it must be and what to write."""
    with pytest.raises(ConfigError) as raised:
        parse([{"model": "fine", "input": 1}, {"model": "m", **item}], "spancost.toml")
    assert [(f"price[1]{key}", f"spancost.toml: price #2 'm': {message}", remedy)] == [
        (problem.key, problem.message, problem.remedy) for problem in raised.value.problems
    ]


def test_every_problem_is_named_at_once() -> None:
    """One error has each problem of each price, and nothing of the file is used."""
    items: list[Any] = [{"input": "x", "colour": 1}, {"model": "b", "input": 1}, {"model": "B ", "input": 2}, "text"]
    with pytest.raises(ConfigError) as raised:
        parse(items, "f.toml")
    assert [
        ("price[0].model", "f.toml: price #1: model is missing"),
        ("price[0].colour", "f.toml: price #1: unknown key 'colour'"),
        ("price[0].input", "f.toml: price #1: input must be a decimal string or number, got 'x'"),
        ("price[2]", "f.toml: price #3 'b': the same model, provider and from as an earlier price"),
        ("price[3]", "f.toml: price #4: must be a table, got 'text'"),
        ("price[3].model", "f.toml: price #4: model is missing"),
        ("price[3]", "f.toml: price #4: has neither input nor output"),
    ] == [(problem.key, problem.message) for problem in raised.value.problems]


def test_the_decimal_context_of_the_program_plays_no_part() -> None:
    """A host with 2 digits and traps on inexact results reads the same prices."""
    with localcontext(Context(prec=2, traps=[Inexact])):
        overrides = parse([{"model": "m", "input": Decimal("1.234567"), "from": date(1970, 1, 2)}], "f")
    assert (Override("m", Rates(1_234_567), "", 86_400 * 10**9).from_ns, 1_234_567) == (
        overrides[0].from_ns,
        overrides[0].rates.input,
    )


def test_an_override_does_not_change() -> None:
    """It is a value."""
    with pytest.raises(AttributeError):
        cast("Any", read('[[price]]\nmodel = "m"\ninput = 2')[0]).model = "n"
