"""How Google's Gemini API spells a prompt and a reply; its path names the model and says whether to stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from model_apis import Event, Json, Prompt, Reply, Usage, text_in, words_of

__all__ = ["GenerateContent"]

_PATH = re.compile(r"/models/([^/:]+):(generateContent|streamGenerateContent)$")


class GenerateContent:
    """Gemini's generateContent; thoughts are beside the candidates, and each chunk of a stream tells all so far."""

    provider = "google"
    path = "/generateContent"
    id_prefix = "gemini-"

    def asked(self, path: str, body: Json) -> Json | None:
        found = _PATH.search(path)
        return found and {**body, "model": found[1], "stream": found[2] != "generateContent"}

    def read(self, body: Json) -> Prompt:
        turns = list[tuple[str, str]]()
        for content in body.get("contents", []):
            parts: list[Json] = content.get("parts") or []
            answers = any("functionResponse" in part for part in parts)
            role = "tool" if answers else "assistant" if content.get("role") == "model" else "user"
            turns.append((role, text_in(content)))
        return Prompt(text_in(body.get("systemInstruction")), tuple(turns))

    def tells_usage(self, body: Json) -> bool:
        return True

    def whole(self, reply: Reply) -> Json:
        return self._chunk(reply, self._parts(reply), self._usage(reply.usage), finish="STOP")

    def stream(self, reply: Reply, body: Json) -> Iterator[Event]:
        words = list(words_of(reply.text))
        for said, word in enumerate(words, 1):
            usage = self._usage(reply.usage)
            usage["candidatesTokenCount"] = usage["candidatesTokenCount"] * said // (len(words) + 1)
            yield None, self._chunk(reply, [{"text": word}], usage)
        calls = [part for part in self._parts(reply) if "text" not in part]
        yield None, self._chunk(reply, calls or [{"text": ""}], self._usage(reply.usage), finish="STOP")

    def _chunk(self, reply: Reply, parts: list[Json], usage: Json, finish: str | None = None) -> Json:
        candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": parts}}
        if finish:
            candidate["finishReason"] = finish
        head = {"modelVersion": reply.model, "responseId": reply.id(self.id_prefix)}
        return {**head, "candidates": [candidate], "usageMetadata": usage}

    def _parts(self, reply: Reply) -> list[Json]:
        text: list[Json] = [{"text": reply.text}] if reply.text else []
        return text + [
            {"functionCall": {"id": f"{reply.id('call_')}_{index}", "name": name, "args": arguments}}
            for index, (name, arguments) in enumerate(reply.calls)
        ]

    def _usage(self, usage: Usage) -> Json:
        return {
            "promptTokenCount": usage.input,
            "cachedContentTokenCount": usage.cache_read,
            "candidatesTokenCount": usage.output - usage.reasoning,
            "thoughtsTokenCount": usage.reasoning,
            "totalTokenCount": usage.input + usage.output,
        }
