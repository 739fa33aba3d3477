"""The scripted provider, spoken to by the real clients of the APIs it imitates."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from provider import Bill, Provider, scripts_of_examples

_SCRIPTS = {
    "planner": [{"call": [["look_up", {"key": "a"}], ["look_up", {"key": "b"}]]}, {"say": "Both are found."}],
    "writer": [{"say": "Four words, no more."}],
}
_TOOL = {"type": "object", "properties": {"key": {"type": "string"}}}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider with two scripted agents, for one test."""
    with Provider(_SCRIPTS, latency=0) as running:
        yield running


def _post(provider: Provider, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(provider.url + path, json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read().decode()
    return text if body.get("stream") else json.loads(text)


def _chat(agent: str, *turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    system = {"role": "system", "content": f"You are {agent}, an agent."}
    return {"model": "gpt-5.2", "messages": [system, {"role": "user", "content": "Go."}, *turns], **more}


def _only(provider: Provider) -> Bill:
    (bill,) = provider.ledger()
    return bill


def test_a_script_is_followed_turn_by_turn(provider: Provider) -> None:
    """The model calls its tools first, and answers once they have answered."""
    first = _post(provider, "/v1/chat/completions", _chat("planner"))["choices"][0]
    assert "tool_calls" == first["finish_reason"]
    calls = first["message"]["tool_calls"]
    assert [{"key": "a"}, {"key": "b"}] == [json.loads(call["function"]["arguments"]) for call in calls]

    results = [{"role": "tool", "tool_call_id": call["id"], "content": "found"} for call in calls]
    second = _post(provider, "/v1/chat/completions", _chat("planner", first["message"], *results))["choices"][0]
    assert "Both are found." == second["message"]["content"]
    assert ["planner", "planner"] == [bill.agent for bill in provider.ledger()]


def test_the_ledger_says_what_the_client_was_told(provider: Provider) -> None:
    """Usage, id and model of the reply are those on the bill, and GET /ledger gives the bill."""
    reply = _post(provider, "/v1/chat/completions", _chat("writer"))
    bill = _only(provider)
    assert (bill.response_id, bill.response_model) == (reply["id"], reply["model"])
    assert ("gpt-5.2", "gpt-5.2-2025-12-11", True) == (bill.request_model, bill.response_model, bill.told)
    assert bill.usage.input == reply["usage"]["prompt_tokens"]
    assert bill.usage.output == reply["usage"]["completion_tokens"]
    assert 0 < bill.usage.reasoning == reply["usage"]["completion_tokens_details"]["reasoning_tokens"]
    with urllib.request.urlopen(f"{provider.url}/ledger", timeout=10) as response:
        (listed,) = json.loads(response.read())
    assert (bill.response_id, bill.usage.input) == (listed["response_id"], listed["usage"]["input"])


def test_usage_depends_on_what_was_sent(provider: Provider) -> None:
    """A longer prompt is billed for more input, and no two calls of an agent for the same output."""
    _post(provider, "/v1/chat/completions", _chat("writer"))
    _post(provider, "/v1/chat/completions", _chat("writer", {"role": "user", "content": "word " * 400}))
    short, long = (bill.usage for bill in provider.ledger())
    assert short.input + 500 == long.input
    assert short.output != long.output


def test_a_stream_of_chat_completions_tells_its_usage_only_when_asked(provider: Provider) -> None:
    """Without include_usage the call is billed and the client is not told."""
    silent = _post(provider, "/v1/chat/completions", _chat("writer", stream=True))
    assert "usage" not in silent
    assert _only(provider).told is False
    told = _post(provider, "/v1/chat/completions", _chat("writer", stream=True, stream_options={"include_usage": True}))
    bill = provider.ledger()[1]
    assert f'"completion_tokens": {bill.usage.output}' in told
    assert bill.told is True


def test_ids_are_unlike_each_other_even_across_providers() -> None:
    """Replies asked for at the same time, of two providers, all have ids of their own."""
    with Provider(_SCRIPTS, latency=0) as one, Provider(_SCRIPTS, latency=0) as other, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda p: _post(p, "/v1/chat/completions", _chat("writer")), [one, other] * 20))
        ids = [bill.response_id for bill in one.ledger() + other.ledger()]
    assert 40 == len(set(ids))


def test_an_agent_without_a_script_gets_an_answer(provider: Provider) -> None:
    """Any program can be pointed at the provider: what it does not know it answers with a word."""
    reply = _post(provider, "/v1/chat/completions", _chat("nobody_known"))
    assert "Done." == reply["choices"][0]["message"]["content"]
    assert _only(provider).agent is None


def test_an_unknown_path_is_refused_and_not_billed(provider: Provider) -> None:
    """What is no model API is answered with 404."""
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _post(provider, "/v1/embeddings", {"model": "m"})
    assert [] == provider.ledger()


def test_openai_client_reads_chat_completions(provider: Provider) -> None:
    """The openai client reads a reply, a stream of words and a stream of tool calls, with usage as billed."""
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none")
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": _TOOL}}]
    whole = client.chat.completions.create(**_chat("writer"))
    with client.chat.completions.stream(**_chat("writer", stream_options={"include_usage": True})) as stream:
        words = stream.get_final_completion()
    with client.chat.completions.stream(
        **_chat("planner", tools=tools, stream_options={"include_usage": True})
    ) as stream:
        calls = stream.get_final_completion()

    assert "Four words, no more." == whole.choices[0].message.content == words.choices[0].message.content
    assert ["look_up", "look_up"] == [call.function.name for call in calls.choices[0].message.tool_calls]
    usages = [reply.usage for reply in (whole, words, calls)]
    assert [bill.usage.output for bill in provider.ledger()] == [usage.completion_tokens for usage in usages]
    client.close()


def test_openai_client_reads_responses(provider: Provider) -> None:
    """The openai client follows a script over Responses, streamed, with cached and reasoning tokens as billed."""
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none")
    tools = [{"type": "function", "name": "look_up", "parameters": _TOOL, "strict": False}]
    ask = {"model": "gpt-5-mini", "instructions": "You are planner.", "tools": tools}
    given: list[Any] = [{"role": "user", "content": "Go."}]
    with client.responses.stream(input=given, **ask) as stream:
        first = stream.get_final_response()
    calls = [item for item in first.output if item.type == "function_call"]
    given += [item.model_dump(exclude_none=True) for item in first.output]
    given += [{"type": "function_call_output", "call_id": call.call_id, "output": "found"} for call in calls]
    second = client.responses.create(input=given, **ask)

    assert [{"key": "a"}, {"key": "b"}] == [json.loads(call.arguments) for call in calls]
    assert "Both are found." == second.output_text
    for bill, usage in zip(provider.ledger(), (first.usage, second.usage), strict=True):
        assert (bill.usage.input, bill.usage.output) == (usage.input_tokens, usage.output_tokens)
        assert bill.usage.cache_read == usage.input_tokens_details.cached_tokens
        assert bill.usage.reasoning == usage.output_tokens_details.reasoning_tokens
    assert [0, 1024] == [bill.usage.cache_read for bill in provider.ledger()]
    client.close()


@pytest.mark.parametrize("ttl", ["5m", "1h"])
def test_anthropic_client_reads_messages(provider: Provider, ttl: str) -> None:
    """The anthropic client follows a script, streamed, and what the first turn writes to cache the second reads."""
    anthropic = pytest.importorskip("anthropic")
    client = anthropic.Anthropic(base_url=provider.url, api_key="none")
    system = [{"type": "text", "text": "You are planner.", "cache_control": {"type": "ephemeral", "ttl": ttl}}]
    tools = [{"name": "look_up", "input_schema": _TOOL}]
    ask: dict[str, Any] = {"model": "claude-haiku-4-5", "max_tokens": 500, "system": system, "tools": tools}
    go = {"role": "user", "content": "Go."}
    with client.messages.stream(messages=[go], **ask) as stream:
        first = stream.get_final_message()
    calls = [block for block in first.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "found"} for call in calls]
    turns = [go, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    second = client.messages.create(messages=turns, **ask)

    assert [{"key": "a"}, {"key": "b"}] == [call.input for call in calls]
    assert "Both are found." == second.content[0].text
    for bill, usage in zip(provider.ledger(), (first.usage, second.usage), strict=True):
        beside = usage.cache_read_input_tokens + usage.cache_creation_input_tokens
        assert (bill.usage.input, bill.usage.output) == (usage.input_tokens + beside, usage.output_tokens)
        assert bill.usage.cache_write_1h == usage.cache_creation.ephemeral_1h_input_tokens
    wrote, read = (bill.usage for bill in provider.ledger())
    assert 1024 < wrote.cache_write == read.cache_read
    assert (wrote.cache_write if ttl == "1h" else 0) == wrote.cache_write_1h
    client.close()


def test_gemini_is_spoken_with_its_model_in_the_path(provider: Provider) -> None:
    """A script is followed over generateContent, whole and streamed; thoughts are told beside the candidates' tokens."""
    ask = {"systemInstruction": {"parts": [{"text": "You are planner."}]}}
    go = {"role": "user", "parts": [{"text": "Go."}]}
    path = "/v1beta/models/gemini-2.5-flash"
    first = _post(provider, f"{path}:generateContent", {**ask, "contents": [go]})
    calls = first["candidates"][0]["content"]
    found = [{"functionResponse": {"name": "look_up", "response": {"result": "found"}}}] * len(calls["parts"])
    turns = [go, calls, {"role": "user", "parts": found}]
    request = urllib.request.Request(
        f"{provider.url}{path}:streamGenerateContent?alt=sse", json.dumps({**ask, "contents": turns}).encode()
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        chunks = [json.loads(line[6:]) for line in response.read().decode().splitlines() if line.startswith("data: ")]

    assert [{"key": "a"}, {"key": "b"}] == [part["functionCall"]["args"] for part in calls["parts"]]
    words = [part["text"] for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    assert "Both are found." == "".join(words)
    for bill, usage in zip(provider.ledger(), (first["usageMetadata"], chunks[-1]["usageMetadata"]), strict=True):
        assert ("google", "planner", "gemini-2.5-flash") == (bill.provider, bill.agent, bill.request_model)
        assert bill.usage.output == usage["candidatesTokenCount"] + usage["thoughtsTokenCount"]
        assert (bill.usage.input, bill.usage.cache_read) == (
            usage["promptTokenCount"],
            usage["cachedContentTokenCount"],
        )
    assert [False, True] == [bill.stream for bill in provider.ledger()]
    outputs = [chunk["usageMetadata"]["candidatesTokenCount"] for chunk in chunks]
    assert sorted(outputs) == outputs, "each chunk of a stream tells all so far"


def test_the_examples_have_scripts_for_their_agents() -> None:
    """Every step of every shipped script either says something or calls tools with named arguments."""
    scripts = scripts_of_examples()
    for steps in scripts.values():
        assert steps
        for step in steps:
            assert step.get("say") or step["call"]
            assert all(isinstance(arguments, dict) for _, arguments in step.get("call", ()))
