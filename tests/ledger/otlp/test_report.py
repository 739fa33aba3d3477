"""What a report adds up, group by group."""

from __future__ import annotations

from support import BOOK, agent, call, cost

from spancost.ledger.missing import Missing
from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.replay import Replay
from spancost.ledger.otlp.report import Report
from spancost.ledger.otlp.spans import Span
from spancost.ledger.period import Period
from spancost.ledger.remedies import remedy
from spancost.ledger.summary import missed_of

_SHOP = {"service.name": "shop"}


def _report(spans: list[Span], *keys: str, period: Period | None = None, pending: int = 100) -> Report:
    played = Replay(BOOK, keys=tuple(key for key in keys if key != "model"))
    report = Report(keys, played.who.keys, period, pending)
    for span, outcome in played.outcomes(by_start([spans])):
        report.take(span, outcome)
    report.close()
    return report


def _call(
    number: int, attributes: dict[str, object], *, trace: int = 1, scope: str = "", error: str | None = None
) -> Span:
    return Span(number * 1000, number * 1000 + 500, trace, number, None, "chat", scope, attributes, _SHOP, error)


def test_groups_are_what_the_keys_say_and_those_without_are_none() -> None:
    """By an attribute, by a key of ours, by the resource; several together."""
    spans = [
        _call(1, call(1000, 100) | {"user.id": "ann", "shop.aisle": "7"}),
        _call(2, call(2000, 100) | {"user.id": "ann"}),
        _call(3, call(3000, 100)),
    ]
    told = {key: sums.cost for key, sums in _report(spans, "user", "shop.aisle", "service", "model").groups.items()}
    assert {
        ("ann", "7", "shop", "gpt-5.2"): cost(1000, 100),
        ("ann", "(none)", "shop", "gpt-5.2"): cost(2000, 100),
        ("(none)", "(none)", "shop", "gpt-5.2"): cost(3000, 100),
    } == told


def test_no_call_takes_longer_than_a_year() -> None:
    """As the ledger has it: a clock was set meanwhile, and its time must not hide that of all others."""
    year = 366 * 86_400 * 10**9
    span = Span(1, 2**63 - 1, 1, 1, None, "chat", "", call(1000, 100), _SHOP, None)
    assert year + 500 == _report([span, _call(2, call(1000, 100), trace=2)], "model").total.latency_ns


def test_every_sum_of_a_group() -> None:
    """Calls are priced, in part, or unpriced; errors, runs and time are added beside them."""
    spans = [
        _call(1, call(1000, 100) | {"gen_ai.usage.cache_read.input_tokens": 400}),
        _call(2, call(1000), trace=2),
        _call(3, call(), trace=2),
        _call(4, call(1000, 100), trace=3, error="cut off"),
    ]
    total = _report(spans, "model").total
    assert (4, 1, 2, 1) == (total.calls, total.priced, total.partial, total.unpriced)
    assert (1, 3, 4 * 500) == (total.errors, total.runs, total.latency_ns)
    assert (3000, 200, 400) == (total.input, total.output, total.cache_read)


def test_a_window_of_time_takes_what_starts_in_it() -> None:
    """From its first ns on, up to its last but not with it."""
    spans = [_call(number, call(1000, 100)) for number in range(1, 6)]
    assert 3 == _report(spans, "model", period=(2000, 5000)).total.calls


def test_a_duplicate_is_counted_beside_its_call() -> None:
    """Also where the call is added up long before the report ends."""
    spans = [
        span
        for number in range(1, 50)
        for span in (
            _call(number * 10, call(1000, 100, response_id=f"resp_{number:040}"), scope="one"),
            _call(number * 10 + 1, call(1000, 100, response_id=f"resp_{number:040}"), scope="two", trace=2),
        )
    ]
    report = _report(spans, "model", pending=5)
    assert (49, 49, 49 * cost(1000, 100)) == (report.total.calls, report.total.duplicates, report.total.cost)


def test_what_is_missing_is_named_with_its_remedy() -> None:
    """Why, what, who told of it, how often, and what helps."""
    spans = [
        _call(1, call(), scope="openinference.instrumentation.openai"),
        _call(2, call(), scope="openinference.instrumentation.openai"),
        _call(3, call(1, 1, model="gpt-unheard-of")),
    ]
    missing = _report(spans, "model").missing
    assert {
        ("unpriced", "no_usage", "openai", "gpt-5.2", "openinference.instrumentation.openai"): 2,
        ("unpriced", "unknown_model", "openai", "gpt-unheard-of", ""): 1,
    } == missing
    assert "include_usage" in remedy("no_usage", "openinference.instrumentation.openai")
    assert all(remedy(kind.reason, "") for kind in missing)


def test_what_is_known_in_part_and_what_may_be_a_guess_is_named_beside_what_is_not_known() -> None:
    """Each call once, by what is least known of it: what is unpriced first, then lower bounds, then guesses."""
    openlit = "openlit.instrumentation.langchain"
    stream = {"gen_ai.request.stream": True}
    spans = [
        _call(1, call(1000, 100) | stream, scope=openlit),
        _call(2, call(1000, 0) | stream, scope=openlit),
        _call(3, call(1000), scope="pydantic-ai"),
        _call(4, call(1000, 100), scope="client", error="cut off"),
        _call(5, call(1000, 100), scope="client", error="cut off"),
        _call(6, call(1000, 100), scope="client"),
    ]
    report = _report(spans, "model")
    missing = missed_of(report.missing)
    assert [
        ("unpriced", "no_usage", openlit, 1),
        ("partial", "cut_off", "client", 2),
        ("partial", "half_usage", "pydantic-ai", 1),
        ("estimated", "guessed_usage", openlit, 1),
    ] == [(each.status, each.reason, each.instrumentation, each.calls) for each in missing]
    assert (1, 3) == (report.total.unpriced, report.total.partial)
    assert all(each.remedy for each in missing)
    assert "stream_usage=True" in missing[-1].remedy


def test_a_call_inside_a_tool_is_the_tools() -> None:
    """By `tool` a report says what the calls cost that a tool makes, under whichever name it is told."""
    spans = [
        Span(1000 * number, 1000 * number + 900, 1, number, None, "tool", "", told, _SHOP, None)
        for number, told in ((1, {"gen_ai.tool.name": "search"}), (3, {"ai.toolCall.name": "fetch"}))
    ]
    spans += [
        span._replace(span_id=span.span_id + 1, parent_id=span.span_id, start_ns=span.start_ns + 1) for span in spans
    ]
    spans[2:] = [span._replace(attributes=call(1000, 100), end_ns=span.end_ns - 1) for span in spans[2:]]
    groups = _report(spans, "tool").groups
    assert {("search",): cost(1000, 100), ("fetch",): cost(1000, 100)} == {
        key: each.cost for key, each in groups.items()
    }


def test_calls_without_an_amount_are_told_apart_in_bounded_number() -> None:
    """A program that invents models names the first thousand, and the rest is counted together."""
    spans = [_call(number, call(5, 5, model=f"nobody-{number}")) for number in range(1, 1201)]
    missing = _report(spans, "provider").missing
    assert (1001, 1200) == (len(missing), missing.total())
    assert 200 == missing[Missing("unpriced", "unknown_model", "_other", "_other", "_other")]


def test_agents_of_whose_calls_nobody_tells_are_counted() -> None:
    """The outermost of each tree, by its instrumentation; with what helps."""
    spans = [
        Span(1000, 2000, 1, 1, None, "invoke_agent a", "crew", agent("a"), _SHOP, None),
        Span(1100, 1200, 1, 2, 1, "invoke_agent b", "crew", agent("b"), _SHOP, None),
        Span(1000, 2000, 2, 1, None, "invoke_agent c", "crew", agent("c"), _SHOP, None),
        _call(5, call(1000, 100), trace=3),
    ]
    told = _report(spans, "model").close().coverage
    assert [("crew", 2)] == [(silent.instrumentation, silent.agents) for silent in told.silent]
    assert "install an instrumentation" in told.silent[0].remedy


def test_an_agent_that_asks_one_in_another_service_is_not_of_those() -> None:
    """Its calls are told of there; one beside it that asks nobody is."""
    remote = {**call(1000, 100), **agent("remote"), "server.address": "remote.example.com"}
    spans = [
        Span(1000, 2000, 1, 1, None, "invoke_agent a", "crew", agent("a"), _SHOP, None),
        Span(1100, 1200, 1, 2, 1, "invoke_agent remote", "crew", remote, _SHOP, None),
        Span(1300, 1400, 1, 3, 1, "invoke_agent b", "crew", agent("b"), _SHOP, None),
        Span(1000, 2000, 2, 1, None, "invoke_agent remote", "crew", remote, _SHOP, None),
        # Asked by one that has ended.
        Span(1000, 2000, 3, 1, None, "invoke_agent a", "crew", agent("a"), _SHOP, None),
        Span(1900, 2100, 3, 2, 1, "invoke_agent remote", "crew", remote, _SHOP, None),
        Span(1000, 2000, 4, 1, None, "invoke_agent c", "crew", agent("c"), _SHOP, None),
    ]
    report = _report(spans, "model").close()
    assert 0 == report.total.calls
    assert [("elsewhere", 3), ("no_call", 1)] == [(each.reason, each.agents) for each in report.coverage.silent]
