"""A scripted model provider on loopback, for examples that run without an API key.

It speaks four real APIs over real HTTP, streams, caches prompts, reasons, and keeps a ledger of what it billed at
GET /ledger. What a model says is scripted: an agent is known by the words "You are NAME" in its instructions, and its
script is a list of steps, one for each answer since a person last spoke, either {"say": "words"} or
{"call": [["tool", {"argument": "value"}], ...]}. Each example's script is the `script.json` beside it.

    python examples/provider.py --port 8080
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, cast

from gemini_api import GenerateContent
from model_apis import APIS, Event, ModelApi, Prompt, Reply, Usage

__all__ = ["Bill", "Provider", "Scripts", "Step", "scripts_of_examples"]

Step = Mapping[str, Any]
"""What a model says in one answer: {"say": words} or {"call": [[tool, arguments], ...]}."""

Scripts = Mapping[str, Sequence[Step]]
"""The steps of each agent, by its name."""

_AGENT = re.compile(r"\bYou are ([\w-]+)")
_SNAPSHOTS = {
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5.2": "gpt-5.2-2025-12-11",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
}
_APIS: tuple[ModelApi, ...] = (*APIS, GenerateContent())
_REASONING = re.compile(r"gpt-5|o\d|gemini-2.5")
_OVERHEAD = 1100
"""Tokens a provider adds for the format of tools and turns, here also what makes a short prompt worth caching."""


@dataclass(frozen=True, slots=True)
class Bill:
    """One billed call; `told` says whether its usage reached the client."""

    number: int
    agent: str | None
    provider: str
    api: str
    stream: bool
    request_model: str
    response_model: str
    response_id: str
    usage: Usage
    told: bool
    received_ns: int
    """When it came, ns since the epoch."""


class Provider:
    """The server, from `with` to the end of the block; `latency` is in seconds."""

    def __init__(self, scripts: Scripts | None = None, *, port: int = 0, latency: float = 0.02) -> None:
        self.latency = latency
        self._scripts = scripts_of_examples() if scripts is None else scripts
        self._nonce = secrets.token_hex(4)
        self._lock = threading.Lock()
        # Guarded by self._lock.
        self._bills: dict[int, Bill] = {}
        self._answers = Counter[str | None]()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.provider = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="provider", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What ANTHROPIC_BASE_URL should say, and with /v1 behind it OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def ledger(self) -> list[Bill]:
        """Everything billed so far."""
        with self._lock:
            return list(self._bills.values())

    def answer(self, api: ModelApi, body: dict[str, Any]) -> Reply:
        """Bill a call and return what the model says to it."""
        received_ns = time.time_ns()
        model: str = body["model"]
        prompt = api.read(body)
        agent = next((name for name in _AGENT.findall(prompt.instructions) if name in self._scripts), None)
        script = self._scripts.get(agent or "", [])
        step: Step = script[prompt.step] if prompt.step < len(script) else {"say": "Done."}
        text: str = step.get("say", "")
        calls: tuple[tuple[str, dict[str, Any]], ...] = tuple((name, values) for name, values in step.get("call", []))
        with self._lock:
            self._answers[agent] += 1
            reply = Reply(
                number=len(self._bills) + 1,
                nonce=self._nonce,
                created=int(time.time()),
                model=_SNAPSHOTS.get(model, model),
                text=text,
                calls=calls,
                usage=_usage(api, body, prompt, said=len(text + json.dumps(calls)), answers=self._answers[agent]),
            )
            self._bills[reply.number] = Bill(
                number=reply.number,
                agent=agent,
                provider=api.provider,
                api=api.path.strip("/"),
                stream=bool(body.get("stream")),
                request_model=model,
                response_model=reply.model,
                response_id=reply.id(api.id_prefix),
                usage=reply.usage,
                told=api.tells_usage(body),
                received_ns=received_ns,
            )
        return reply

    def lost(self, reply: Reply) -> None:
        """Note that the client left before the whole reply had reached it: it is billed all the same."""
        with self._lock:
            self._bills[reply.number] = replace(self._bills[reply.number], told=False)


def _usage(api: ModelApi, body: dict[str, Any], prompt: Prompt, *, said: int, answers: int) -> Usage:
    """Return what a call is billed for: four characters are a token, and every answer of an agent is a bit longer."""
    last_answer = max((at for at, (role, _) in enumerate(prompt.turns) if role == "assistant"), default=0)
    fixed = _OVERHEAD + len(json.dumps(body.get("tools") or [])) // 4 + len(prompt.instructions) // 4
    before = fixed + sum(len(text) for _, text in prompt.turns[:last_answer]) // 4
    tokens = fixed + sum(len(text) for _, text in prompt.turns) // 4
    reasoning = 64 * (1 + tokens % 7) if _REASONING.match(body["model"]) else 0
    usage = Usage(input=tokens, output=20 + said // 4 + 7 * answers + reasoning, reasoning=reasoning)
    if api.provider in {"openai", "google"}:  # they cache by themselves, from 1024 tokens on, in steps of 128
        return replace(usage, cache_read=before // 128 * 128 if prompt.step and before >= 1024 else 0)
    spelled = json.dumps(body)
    if '"cache_control"' not in spelled:
        return usage
    if prompt.step:
        return replace(usage, cache_read=fixed)
    return replace(usage, cache_write=fixed, cache_write_1h=fixed if '"ttl": "1h"' in spelled else 0)


def scripts_of_examples() -> Scripts:
    """Return the scripts beside the examples, in one."""
    files = sorted(Path(__file__).parent.glob("*/script.json"))
    return {name: steps for file in files for name, steps in json.loads(file.read_text(encoding="utf-8")).items()}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    provider: Provider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that left, as a program does that ends with its connections open."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _provider(self) -> Provider:
        return cast("_Server", self.server).provider

    def do_GET(self) -> None:
        if self.path == "/ledger":
            self._send(200, [asdict(bill) for bill in self._provider.ledger()])
        else:
            self._send(404, {"error": {"message": f"nothing at {self.path}"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        path = self.path.partition("?")[0]
        asked = ((api, api.asked(path, body)) for api in _APIS)
        api, body = next(((api, request) for api, request in asked if request is not None), (None, body))
        if api is None:
            self._send(404, {"error": {"message": f"no model API at {self.path}"}})
            return
        reply = self._provider.answer(api, body)
        time.sleep(self._provider.latency)
        try:
            if body.get("stream"):
                self._stream(api.stream(reply, body))
            else:
                self._send(200, api.whole(reply))
        except ConnectionError:
            self._provider.lost(reply)
            self.close_connection = True

    def _send(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, events: Iterable[Event]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, data in events:
            line = data if isinstance(data, str) else json.dumps(data)
            event = f"event: {name}\ndata: {line}\n\n" if name else f"data: {line}\n\n"
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event.encode()), event.encode()))
            time.sleep(self._provider.latency / 20)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the ledger says it all."""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve scripted model APIs on loopback.")
    parser.add_argument("--port", type=int, default=8080)
    with Provider(port=parser.parse_args().port) as provider:
        print(f"OPENAI_BASE_URL={provider.url}/v1\nANTHROPIC_BASE_URL={provider.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{len(provider.ledger())} calls billed", flush=True)


if __name__ == "__main__":
    main()
