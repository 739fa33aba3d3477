"""The tree and the one line that a program prints of its own cost."""

from __future__ import annotations

import pytest
from support import Player, Span, agent, call, cost

from spancost.calls import Kind
from spancost.console import Console
from spancost.money import format_usd
from spancost.owners import Branch
from spancost.tree_text import render


class _Printed(Player):
    """A player whose outcomes a console takes."""

    def __init__(self) -> None:
        super().__init__()
        self.console = Console(self.engine)

    def finish(self, span: Span, attributes: dict[str, object] | None = None) -> None:
        """End a span and let the console take what came of it."""
        outcome = self.end(span, attributes)
        if outcome is not None:
            self.console.take(outcome, None)

    def make(self, attributes: dict[str, object], parent: Span | None = None, trace_id: int = 1) -> None:
        """Start and end a span."""
        self.finish(self.start(attributes, parent, trace_id=trace_id))


def test_the_tree_of_the_design() -> None:
    """A line an owner, children below their parents, and direct cost where there are children."""

    def branch(name: str, milli: int, direct: int = 0, *children: Branch) -> Branch:
        made = Branch(name)
        made.total, made.direct = milli * 10**9, direct * 10**9
        made.children = list(children)
        return made

    tree = branch(
        "coordinator",
        115,
        45,
        branch("code_agent", 30, 0, branch("syntax_analyzer", 8), branch("code_generator", 22)),
        branch("data_agent", 25, 0, branch("query_planner", 7), branch("result_formatter", 18)),
        branch("explainer_agent", 15),
    )
    assert (
        "coordinator  $0.1150  (direct $0.0450)\n"
        "├── code_agent  $0.0300  (direct $0.0000)\n"
        "│   ├── syntax_analyzer  $0.0080\n"
        "│   └── code_generator   $0.0220\n"
        "├── data_agent  $0.0250  (direct $0.0000)\n"
        "│   ├── query_planner     $0.0070\n"
        "│   └── result_formatter  $0.0180\n"
        "└── explainer_agent  $0.0150"
    ) == render([tree])


def test_siblings_of_which_one_has_children_stand_in_no_column() -> None:
    """A column of amounts helps only where every line has one."""
    tree = Branch("root")
    tree.children = [Branch("a"), Branch("longer")]
    tree.children[1].children = [Branch("b")]
    assert "├── a  $0.0000" == render([tree]).split("\n")[1]


def test_a_program_prints_its_agents_under_one_another() -> None:
    """Spans that are no owners don't show; what they spent is in the owner above them."""
    play = _Printed()
    root = play.start(agent("root"))
    plain = play.start(None, root)
    inner = play.start(agent("inner"), plain)
    play.make(call(1000, 1000), inner)
    play.make(call(2000, 0), plain)
    for span in (inner, plain, root):
        play.finish(span)
    assert (
        "root  $0.0240  (direct $0.0060)\n└── inner  $0.0180\nspancost: $0.0240, priced 2 of 2 calls"
    ) == play.console.text("tree")
    assert "spancost: $0.0240, priced 2 of 2 calls" == play.console.text("summary")


def test_a_bare_call_is_a_tree_of_its_own_and_the_dearest_is_first() -> None:
    """Calls that no owner has are printed by their span's name."""
    play = _Printed()
    play.make(call(1000, 0), trace_id=1)
    play.make(call(0, 1000), trace_id=2)
    assert "span  $0.0150\nspan  $0.0030\nspancost: $0.0180, priced 2 of 2 calls" == play.console.text("tree")


def test_what_has_no_price_is_said() -> None:
    """Unpriced calls and lower bounds stand beside the money."""
    play = _Printed()
    root = play.start(agent("root"))
    play.make(call(), root)
    play.make(call(1000), root)
    play.make(call(1000, 1000), root)
    play.finish(root)
    assert (
        "root  $0.0210  [1 partial, 1 unpriced]\nspancost: $0.0210, priced 1 of 3 calls, 1 partial\n"
        "  1 unpriced, no_usage: openai gpt-5.2\n"
        "    the span tells no tokens: let the instrumentation record usage, or install one that does\n"
        "  1 partial: what they cost is a lower bound\n"
        "    a stream that breaks off tells its input at most: read it to its end; where the price list has no price of a"
        " class of tokens, name it in a [[price]] of the file that SPANCOST_CONFIG names; where a library runs tools and"
        " asks again within one span, as Google's automatic function calling does, that tells its last request alone: run"
        " the tools yourself"
    ) == play.console.text("tree")


def test_late_money_is_in_the_tree() -> None:
    """An owner that was corrected after its end shows what it cost in the end."""
    play = _Printed()
    root = play.start(agent("root"))
    stream = play.start(call(), root)
    play.finish(root)
    play.finish(stream, call(1000, 0))
    assert play.console.text("tree").startswith("root  $0.0030\n")


def test_a_root_whose_only_money_came_late_is_in_the_tree() -> None:
    """A plain root that ended with nothing below it becomes an owner when its stream ends."""
    play = _Printed()
    root = play.start(name="GET /chat")
    stream = play.start(call(), root)
    play.finish(root)
    play.finish(stream, call(1000, 0))
    assert play.console.text("tree").startswith("GET /chat  $0.0030\n")


def test_owners_remembered_are_bounded_and_the_sum_is_whole() -> None:
    """Beyond the bound the first to end are forgotten; the last line counts them all the same."""
    play = _Printed()
    play.console = Console(play.engine, most_owners=5)
    for trace in range(20):
        root = play.start(agent(f"agent {trace}"), trace_id=trace)
        play.make(call(1000, 0), root)
        play.finish(root)
    lines = play.console.text("tree").split("\n")
    assert [f"agent {trace}  $0.0030" for trace in range(15, 20)] == sorted(lines[:-1])
    assert f"spancost: {format_usd(20 * cost(1000, 0))}, priced 20 of 20 calls" == lines[-1]


def test_only_the_dearest_traces_are_printed() -> None:
    """A program of a thousand requests prints twenty, the dearest first."""
    play = _Printed()
    for trace in range(30):
        play.make(call(1000 * (trace + 1), 0), trace_id=trace)
    lines = play.console.text("tree").split("\n")
    assert (21, "span  $0.0900", "span  $0.0330") == (len(lines), lines[0], lines[-2])


@pytest.mark.parametrize(
    "name",
    [
        "a\nspancost: $0.0000, priced 0 of 0 calls",
        "a\r",
        "\x1b[2Ja",
        "a\x00",
        "a\u202eb",
        "a\udcff",
        "a\u2028b",
        "a\x85",
    ],
)
def test_a_name_forges_no_line_and_moves_no_cursor(name: str) -> None:
    """Names may come from anywhere: control characters are shown, not obeyed."""
    printed = render([Branch(name)])
    assert 1 == len(printed.splitlines())
    assert printed.isprintable()
    printed.encode()


def test_a_very_long_name_is_cut() -> None:
    """A name of ten thousand characters does not fill the terminal."""
    assert 200 >= len(render([Branch("x" * 10_000)]))


def test_a_very_deep_tree_needs_no_recursion() -> None:
    """Thousands of agents in one another are printed."""
    top = branch = Branch("agent")
    for _ in range(3000):
        branch.children = [Branch("agent")]
        branch = branch.children[0]
    assert 3001 == len(render([top]).split("\n"))


def test_a_fork_forgets_what_the_parent_prints() -> None:
    """The child prints its own."""
    play = _Printed()
    play.make(call(1000, 0))
    play.console.forget()
    play.engine.forget()
    assert "spancost: $0.0000, priced 0 of 0 calls" == play.console.text("tree")


def test_a_duplicate_is_no_tree_of_its_own() -> None:
    """A second record of a call in another trace prints nothing."""
    play = _Printed()
    play.make(call(1000, 0, response_id="r"))
    play.make(call(1000, 0, response_id="r"), trace_id=2)
    assert 2 == len(play.console.text("tree").split("\n"))
    assert Kind.ROOT not in play.console.text("tree")


def test_a_call_that_an_owner_has_after_all_stands_there_alone() -> None:
    """A client's own trace ends before the framework's record of the same call, under an agent."""
    printed = _Printed()
    printed.make(call(1000, 500, response_id="r"), trace_id=2)
    root = printed.start(agent("coordinator"))
    printed.make(call(1000, 500, response_id="r"), root)
    printed.finish(root)
    amount = format_usd(cost(1000, 500))
    assert f"coordinator  {amount}\nspancost: {amount}, priced 1 of 1 calls" == printed.console.text("tree")


def test_a_call_that_is_corrected_shows_what_it_cost() -> None:
    """The first record knew half of it."""
    printed = _Printed()
    printed.finish(printed.start(call(1000, response_id="r"), name="chat"))
    printed.make(call(1000, 500, response_id="r"), trace_id=2)
    amount = format_usd(cost(1000, 500))
    assert f"chat  {amount}\nspancost: {amount}, priced 1 of 1 calls" == printed.console.text("tree")


def test_a_call_told_twice_without_an_agent_stands_in_the_tree_once() -> None:
    """The outer record is the root of its trace, the inner one has the amount."""
    play = _Printed()
    outer = play.start(call(1000, 1000, response_id="resp_00000000000001"))
    play.make(call(1000, 1000, response_id="resp_00000000000001"), outer)
    play.finish(outer)
    assert "span  $0.0180\nspancost: $0.0180, priced 1 of 1 calls" == play.console.text("tree")


def test_what_is_not_known_is_named_with_what_helps() -> None:
    """Below the line that sums up: calls without an amount by kind, and agents of whose calls nobody told."""
    play = _Printed()
    for _ in range(2):
        play.finish(play.start(call(), scope="openinference.instrumentation.langchain"))
    play.make(call(10, 5, model="gpt-nobody-knows"))
    play.make(call(10, 5))
    team = play.start(agent("team"), scope="framework")
    play.make(agent("member"), team)
    play.finish(team)
    late = play.start(agent("late"))
    stream = play.start(call(10, 5), late)
    play.finish(late)
    play.finish(stream)
    told = play.console.text("summary").splitlines()
    assert "spancost: $0.00021, priced 2 of 5 calls" == told[0]
    assert [
        "  2 unpriced, no_usage: openai gpt-5.2 told by openinference.instrumentation.langchain",
        "  1 unpriced, unknown_model: openai gpt-nobody-knows",
        "  1 agents without a call told by framework",
    ] == told[1::2]
    assert ["stream_usage=True", "[[price]]", "opentelemetry-instrumentation-genai-openai"] == [
        next(
            word
            for word in ("stream_usage=True", "[[price]]", "opentelemetry-instrumentation-genai-openai")
            if word in line
        )
        for line in told[2::2]
    ]


def test_what_later_records_told_is_not_missing() -> None:
    """A call without usage whose client tells it, and one that turned out to be another's record."""
    play = _Printed()
    outer = play.start(call(), name="chat", scope="framework")
    play.finish(play.start(call(response_id=f"resp_{1:040}"), outer, scope="client"))
    play.finish(outer, call(1000, 100, response_id=f"resp_{1:040}"))
    assert [f"spancost: {format_usd(cost(1000, 100))}, priced 1 of 1 calls"] == play.console.text(
        "summary"
    ).splitlines()
