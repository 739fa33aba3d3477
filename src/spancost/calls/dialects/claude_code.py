"""Claude Code's own spans, which the Claude Agent SDK's agents write, too: the conventions' names, and no agent's."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter

__all__ = ["CLAUDE_CODE"]

CLAUDE_CODE: Final = Dialect(
    name="claude_code",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(
        # What it calls a response's id is the request's.
        Emitter(
            "com.anthropic.claude_code.tracing",
            invents_ids=True,
            recorded="claudeagent__native__delegate",
            package="claude-code",
        ),
    ),
)
