"""Requests that a provider refused: it answered with an error, and bills nothing. Or its library did not send them."""

from __future__ import annotations

import re
from typing import Final

from spancost.calls.plain import plain
from spancost.calls.read import Attributes

__all__ = ["ERROR_TYPE", "refusal", "was_refused"]

ERROR_TYPE: Final = "error.type"
"""The attribute that names the class or the code of an error."""

_LONGEST: Final = 256

# Classes of the providers' client libraries for answers of 4xx and 5xx, with or without the modules before them, or the
# number itself, which OpenAI's and Anthropic's libraries write words before. Frameworks put a name before the class, as
# LangChain's OpenAIRateLimitError, or wrap the text in a class of their own. Not among them: a connection that broke or
# a time that ran out, where the provider may have worked.
_REFUSAL: Final = re.compile(
    r"(?:[A-Za-z_]\w*\.)*"
    r"(?:(?:Server|Client|[A-Za-z]*(?:InternalServer|RateLimit|BadRequest|InvalidRequest|Authentication|PermissionDenied"
    r"|NotFound|Conflict|UnprocessableEntity|Overloaded|ServiceUnavailable|APIStatus|ModelHTTP|Throttl(?:ing|ed)"
    r"|ContextOverflow|ContextWindowExceeded))(?:Error|Exception)"
    r"|(?:[A-Za-z]+\(['\"])?(?:Error code: )?[45]\d\d"
    # Anthropic's library sends no request that may take too long to answer in one piece.
    r"|Streaming is required for operations)(?!\w)",
    re.ASCII,
)

_ANY: Final = ("APIError", "ValueError")
"""Classes above many errors, or a framework's for several of them: the text says which it is."""


def was_refused(attributes: Attributes, error: str) -> bool:
    """Tell whether a call that ended in an error, and tells no usage, was answered with that error.

    `error` is what the span's status says, which holds the exception where no `error.type` does.
    """
    told = str(plain(attributes.get(ERROR_TYPE)) or error)
    return bool(refusal(told) or (told.endswith(_ANY) and refusal(error)))


def refusal(error: str) -> str:
    """Return what of an error says that it was the provider's answer, empty where nothing does: no words of it."""
    found = _REFUSAL.match(error[:_LONGEST])
    return "" if found is None else found.group()
