"""The spans that are measured: a web program's and an agent's, made through the tracing API alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]
Play = Callable[[Tracer, int], Iterator[None]]


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of span, and how to make so many turns of it.

    `play(tracer, turns)` is a generator in three steps: it prepares up to its first yield, makes the spans up to its
    second, and tidies up after it. Only the middle step is timed.
    """

    name: str
    play: Play
    spans_a_turn: int = 1
    calls_a_turn: int = 0
    spans_beside: int = 0  # made once a play, outside the timed step


REQUEST: Attributes = {
    "http.request.method": "POST",
    "url.scheme": "https",
    "url.path": "/v1/answers",
    "server.address": "shop.example.com",
    "server.port": 443,
    "user_agent.original": "curl/8.9.1",
}
RESPONSE: Attributes = {
    "http.response.status_code": 200,
    "http.route": "/v1/answers",
    "http.response.body.size": 5120,
    "network.protocol.version": "1.1",
}
CHAT: Attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5.2",
    "server.address": "api.openai.com",
    "server.port": 443,
}
AGENT: Attributes = {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.provider.name": "openai",
    "gen_ai.agent.id": "asst_5j66UpCpwteGg4YSxUnt7lPY",
    "gen_ai.agent.description": "Answers questions about orders",
    "gen_ai.conversation.id": "conv_5j66UpCpwteGg4YSxUnt7lPY",
    "gen_ai.request.model": "gpt-5.2",
    "user.id": "u-1042",
}
AGENT_DONE: Attributes = {"gen_ai.output.type": "text", "gen_ai.response.finish_reasons": ("stop",)}
TOOL: Attributes = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "search_orders",
    "gen_ai.tool.type": "function",
    "gen_ai.tool.description": "Finds the orders of a customer",
    "gen_ai.tool.call.id": "call_mszuSIzqtI65i1wAUOE8w5H4",
    "code.function.name": "shop.orders.search",
    "code.file.path": "/srv/shop/orders.py",
    "code.line.number": 118,
}
TOOL_DONE: Attributes = {"shop.orders.found": 3, "shop.orders.cached": False}

_numbers = count(1)


def model_answer() -> Attributes:
    """Make what one model call reports at its end: no two alike, as a repeated response id is one call told twice."""
    number = next(_numbers)
    return {
        "gen_ai.response.model": "gpt-5.2-2025-12-11",
        "gen_ai.response.id": f"chatcmpl-{number:029d}",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 1200 + number % 97,
        "gen_ai.usage.output_tokens": 310 + number % 31,
        "gen_ai.usage.cache_read.input_tokens": 1024,
        "gen_ai.usage.reasoning.output_tokens": 128,
    }


def _plain_bare(tracer: Tracer, turns: int) -> Iterator[None]:
    yield
    for _ in range(turns):
        tracer.start_span("plain").end()
    yield


def _plain_attributes(tracer: Tracer, turns: int) -> Iterator[None]:
    yield
    for _ in range(turns):
        span = tracer.start_span("POST /v1/answers", None, SpanKind.SERVER, REQUEST)
        span.set_attributes(RESPONSE)
        span.end()
    yield


def _model_calls(tracer: Tracer, turns: int) -> Iterator[None]:
    """Make calls below one open agent, so that each is priced, checked for twins, rolled up and stamped."""
    agent = tracer.start_span("invoke_agent clerk", None, SpanKind.INTERNAL, {**AGENT, "gen_ai.agent.name": "clerk"})
    inside = set_span_in_context(agent)
    answers = [model_answer() for _ in range(turns)]
    yield
    for answer in answers:
        span = tracer.start_span("chat gpt-5.2", inside, SpanKind.CLIENT, CHAT)
        span.set_attributes(answer)
        span.end()
    yield
    agent.end()


class Node(NamedTuple):
    """A span of the agent tree; `at_end` is None where a model call's own answer goes."""

    name: str
    kind: SpanKind
    at_start: Attributes
    at_end: Attributes | None
    children: tuple[Node, ...] = ()


def _agent(name: str, *children: Node) -> Node:
    named = {**AGENT, "gen_ai.agent.name": name}
    return Node(f"invoke_agent {name}", SpanKind.INTERNAL, named, AGENT_DONE, children)


_CHAT = Node("chat gpt-5.2", SpanKind.CLIENT, CHAT, None)
_TOOL = Node("execute_tool search_orders", SpanKind.INTERNAL, TOOL, TOOL_DONE)
_TEAM = _agent(
    "coordinator",
    _CHAT,
    _TOOL,
    _agent("researcher", _CHAT, _TOOL, _TOOL, _CHAT),
    _agent("writer", _CHAT, _TOOL, _TOOL, _TOOL, _CHAT),
    _TOOL,
    _CHAT,
)


def _grow(tracer: Tracer, node: Node, context: Context | None, answers: list[Attributes]) -> None:
    span = tracer.start_span(node.name, context, node.kind, node.at_start)
    if node.children:
        inside = set_span_in_context(span, context)
        for child in node.children:
            _grow(tracer, child, inside, answers)
    span.set_attributes(answers.pop() if node.at_end is None else node.at_end)
    span.end()


def _agent_trees(tracer: Tracer, turns: int) -> Iterator[None]:
    answers = [model_answer() for _ in range(turns * 6)]
    yield
    for _ in range(turns):
        _grow(tracer, _TEAM, None, answers)
    yield


PLAIN_0 = Workload("plain span, 0 attributes", _plain_bare)
PLAIN_10 = Workload("plain span, 10 attributes", _plain_attributes)
MODEL = Workload("model span, 12 attributes, under an agent", _model_calls, calls_a_turn=1, spans_beside=1)
TREE = Workload("agent tree of 16 spans, 6 model calls (mean a span)", _agent_trees, spans_a_turn=16, calls_a_turn=6)
WORKLOADS = (PLAIN_0, PLAIN_10, MODEL, TREE)
