"""How three model APIs spell a prompt and a reply: OpenAI chat completions, OpenAI Responses, Anthropic messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

__all__ = [
    "APIS",
    "ChatCompletions",
    "Event",
    "Json",
    "Messages",
    "ModelApi",
    "Prompt",
    "Reply",
    "Responses",
    "Usage",
    "text_in",
    "words_of",
]

Json = dict[str, Any]
Event = tuple[str | None, Json | str]
"""A server-sent event: its name, where the API gives it one, and its data."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed for a call: `input` includes what was read from and written to cache, `output` the reasoning."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """What was asked: the instructions, then turns of `user`, `assistant` and `tool` with their text."""

    instructions: str
    turns: tuple[tuple[str, str], ...]

    @property
    def step(self) -> int:
        """How many times the model has answered since a person last spoke."""
        roles = [role for role, _ in self.turns]
        since = roles[len(roles) - roles[::-1].index("user") :] if "user" in roles else roles
        return sum(role == "assistant" != before for before, role in zip(["", *since], since, strict=False))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers: words, tool calls as (name, arguments), and what they cost in tokens."""

    number: int
    nonce: str
    created: int
    model: str
    text: str
    calls: tuple[tuple[str, Json], ...]
    usage: Usage

    def id(self, prefix: str) -> str:
        """Return an id that no other reply has."""
        return f"{prefix}{self.nonce}{self.number:05d}"


class ModelApi(Protocol):
    """One API: the provider's name, the end of its path, and both directions of its spelling."""

    provider: str
    path: str
    id_prefix: str

    def asked(self, path: str, body: Json) -> Json | None:
        """Return a request with whatever its path says of it, None where the path is another API's."""
        ...

    def read(self, body: Json) -> Prompt:
        """Return what a request asks."""
        ...

    def whole(self, reply: Reply) -> Json:
        """Return the reply as one body."""
        ...

    def stream(self, reply: Reply, body: Json) -> Iterator[Event]:
        """Yield the reply as server-sent events, usage included if the request has a say and asked for it."""
        ...

    def tells_usage(self, body: Json) -> bool:
        """Say whether the client is told what it is billed for."""
        ...


class _NamedByPath:
    path: str

    def asked(self, path: str, body: Json) -> Json | None:
        return body if path.endswith(self.path) else None


class ChatCompletions(_NamedByPath):
    """OpenAI chat completions; a stream tells its usage only on request."""

    provider = "openai"
    path = "/chat/completions"
    id_prefix = "chatcmpl-"

    def read(self, body: Json) -> Prompt:
        messages: list[Json] = body.get("messages", [])
        instructions = [text_in(m.get("content")) for m in messages if m["role"] in {"system", "developer"}]
        return Prompt(
            "\n".join(instructions),
            tuple((m["role"], text_in(m)) for m in messages if m["role"] in {"user", "assistant", "tool"}),
        )

    def tells_usage(self, body: Json) -> bool:
        options: Json = body.get("stream_options") or {}
        return not body.get("stream") or bool(options.get("include_usage"))

    def whole(self, reply: Reply) -> Json:
        message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.calls:
            message["tool_calls"] = self._tool_calls(reply)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish(reply)}
        return {**self._head(reply, "chat.completion"), "choices": [choice], "usage": self._usage(reply.usage)}

    def stream(self, reply: Reply, body: Json) -> Iterator[Event]:
        head = self._head(reply, "chat.completion.chunk")

        def chunk(delta: Json, finish: str | None = None) -> Event:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return None, {**head, "choices": [choice]}

        yield chunk({"role": "assistant", "content": "" if reply.text else None})
        for word in words_of(reply.text):
            yield chunk({"content": word})
        for index, call in enumerate(self._tool_calls(reply)):
            yield chunk({"tool_calls": [{"index": index, **call}]})
        yield chunk({}, self._finish(reply))
        if self.tells_usage(body):
            yield None, {**head, "choices": [], "usage": self._usage(reply.usage)}
        yield None, "[DONE]"

    def _head(self, reply: Reply, kind: str) -> Json:
        return {"id": reply.id(self.id_prefix), "object": kind, "created": reply.created, "model": reply.model}

    def _finish(self, reply: Reply) -> str:
        return "tool_calls" if reply.calls else "stop"

    def _tool_calls(self, reply: Reply) -> list[Json]:
        return [
            {"id": f"{reply.id('call_')}_{i}", "type": "function", "function": {"name": n, "arguments": json.dumps(a)}}
            for i, (n, a) in enumerate(reply.calls)
        ]

    def _usage(self, usage: Usage) -> Json:
        return {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cache_read},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        }


class Responses(_NamedByPath):
    """OpenAI Responses; a stream tells its usage in its last event."""

    provider = "openai"
    path = "/responses"
    id_prefix = "resp_"

    def read(self, body: Json) -> Prompt:
        given: str | list[Json] = body.get("input", "")
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        instructions, turns = [body.get("instructions") or ""], list[tuple[str, str]]()
        for item in items:
            role, text = item.get("role"), text_in(item)
            if role in {"system", "developer"}:
                instructions.append(text)
            elif item.get("type") == "function_call_output":
                turns.append(("tool", text))
            else:  # besides its messages, the model's reasoning and its calls are items of their own
                turns.append(("user" if role == "user" else "assistant", text))
        return Prompt("\n".join(instructions), tuple(turns))

    def tells_usage(self, body: Json) -> bool:
        return True

    def whole(self, reply: Reply) -> Json:
        return {
            "id": reply.id(self.id_prefix),
            "object": "response",
            "created_at": reply.created,
            "status": "completed",
            "model": reply.model,
            "output": self._output(reply),
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": reply.usage.input,
                "input_tokens_details": {"cached_tokens": reply.usage.cache_read},
                "output_tokens": reply.usage.output,
                "output_tokens_details": {"reasoning_tokens": reply.usage.reasoning},
                "total_tokens": reply.usage.input + reply.usage.output,
            },
        }

    def stream(self, reply: Reply, body: Json) -> Iterator[Event]:
        whole = self.whole(reply)
        events = self._events(reply, whole, {**whole, "status": "in_progress", "output": [], "usage": None})
        for number, (kind, data) in enumerate(events):
            yield kind, {"type": kind, "sequence_number": number, **data}

    def _events(self, reply: Reply, whole: Json, begun: Json) -> Iterator[tuple[str, Json]]:
        yield "response.created", {"response": begun}
        for index, item in enumerate(whole["output"]):
            at = {"output_index": index, "item_id": item["id"]}
            if item["type"] == "message":
                (part,) = item["content"]
                inside = {**at, "content_index": 0}
                opened = {**item, "status": "in_progress", "content": list[Json]()}
                yield "response.output_item.added", {"output_index": index, "item": opened}
                yield "response.content_part.added", {**inside, "part": {**part, "text": ""}}
                for word in words_of(reply.text):
                    yield "response.output_text.delta", {**inside, "delta": word, "logprobs": []}
                yield "response.output_text.done", {**inside, "text": reply.text, "logprobs": []}
                yield "response.content_part.done", {**inside, "part": part}
            elif item["type"] == "function_call":
                opened = {**item, "status": "in_progress", "arguments": ""}
                yield "response.output_item.added", {"output_index": index, "item": opened}
                yield "response.function_call_arguments.delta", {**at, "delta": item["arguments"]}
                done = {**at, "name": item["name"], "arguments": item["arguments"]}
                yield "response.function_call_arguments.done", done
            else:
                yield "response.output_item.added", {"output_index": index, "item": item}
            yield "response.output_item.done", {"output_index": index, "item": item}
        yield "response.completed", {"response": whole}

    def _output(self, reply: Reply) -> list[Json]:
        output = list[Json]()
        if reply.usage.reasoning:
            output.append({"type": "reasoning", "id": reply.id("rs_"), "summary": []})
        if reply.text:
            part: Json = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
            message = {"type": "message", "id": reply.id("msg_"), "role": "assistant", "status": "completed"}
            output.append({**message, "content": [part]})
        for index, (name, arguments) in enumerate(reply.calls):
            ids = {"id": f"{reply.id('fc_')}_{index}", "call_id": f"{reply.id('call_')}_{index}"}
            call = {"type": "function_call", "name": name, "arguments": json.dumps(arguments), "status": "completed"}
            output.append({**call, **ids})
        return output


class Messages(_NamedByPath):
    """Anthropic messages; cached tokens are beside `input_tokens`, and a stream's usage comes in two parts."""

    provider = "anthropic"
    path = "/messages"
    id_prefix = "msg_"

    def read(self, body: Json) -> Prompt:
        turns = list[tuple[str, str]]()
        for message in body.get("messages", []):
            content = message["content"]
            answers = isinstance(content, list) and "tool_result" in json.dumps(content)
            turns.append(("tool" if answers else message["role"], text_in(content)))
        return Prompt(text_in(body.get("system")), tuple(turns))

    def tells_usage(self, body: Json) -> bool:
        return True

    def whole(self, reply: Reply) -> Json:
        return {
            "id": reply.id(self.id_prefix),
            "type": "message",
            "role": "assistant",
            "model": reply.model,
            "content": self._blocks(reply),
            "stop_reason": "tool_use" if reply.calls else "end_turn",
            "stop_sequence": None,
            "usage": self._usage(reply.usage),
        }

    def stream(self, reply: Reply, body: Json) -> Iterator[Event]:
        whole = self.whole(reply)
        # The first event says one token of output, the last one all of them: they must not be added up.
        begun: Json = {**whole, "content": [], "stop_reason": None, "usage": {**whole["usage"], "output_tokens": 1}}
        yield self._event("message_start", message=begun)
        for index, block in enumerate(whole["content"]):
            if block["type"] == "text":
                yield self._event("content_block_start", index=index, content_block={**block, "text": ""})
                deltas = [{"type": "text_delta", "text": word} for word in words_of(block["text"])]
            else:
                yield self._event("content_block_start", index=index, content_block={**block, "input": {}})
                deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
            for delta in deltas:
                yield self._event("content_block_delta", index=index, delta=delta)
            yield self._event("content_block_stop", index=index)
        stop = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
        yield self._event("message_delta", delta=stop, usage=whole["usage"])
        yield self._event("message_stop")

    def _event(self, kind: str, **data: Any) -> Event:
        return kind, {"type": kind, **data}

    def _blocks(self, reply: Reply) -> list[Json]:
        text: list[Json] = [{"type": "text", "text": reply.text}] if reply.text else []
        return text + [
            {"type": "tool_use", "id": f"{reply.id('toolu_')}_{index}", "name": name, "input": arguments}
            for index, (name, arguments) in enumerate(reply.calls)
        ]

    def _usage(self, usage: Usage) -> Json:
        return {
            "input_tokens": usage.input - usage.cache_read - usage.cache_write,
            "cache_read_input_tokens": usage.cache_read,
            "cache_creation_input_tokens": usage.cache_write,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.cache_write - usage.cache_write_1h,
                "ephemeral_1h_input_tokens": usage.cache_write_1h,
            },
            "output_tokens": usage.output,
            "service_tier": "standard",
        }


APIS: tuple[ModelApi, ...] = (ChatCompletions(), Responses(), Messages())
"""The APIs that stand here."""


_GEMINIS = ("parts", "functionCall", "args", "functionResponse", "response", "result")


def text_in(content: Any) -> str:
    """Return all the text inside a message or a part of one, in order."""
    match content:
        case str():
            return content
        case list():
            return "\n".join(text_in(part) for part in cast("list[Any]", content))
        case dict():
            keys = ("text", "content", "tool_calls", "function", "arguments", "input", "output", *_GEMINIS)
            return "\n".join(text_in(content[key]) for key in keys if key in content)
        case _:
            return ""


def words_of(text: str) -> Iterable[str]:
    """Split text into the pieces it is streamed in."""
    return re.findall(r"\S+\s*", text)
