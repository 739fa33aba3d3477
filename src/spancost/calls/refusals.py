"""Requests that are billed nothing: the provider answered with an error, or the client's library sent none."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from spancost.calls.plain import is_count, plain
from spancost.calls.read import Attributes

__all__ = [
    "ERROR_TYPE",
    "EXCEPTION",
    "RESENT",
    "STATUS_CODE",
    "exception",
    "kind_of_error",
    "refusal",
    "resent",
    "was_refused",
]

ERROR_TYPE: Final = "error.type"
"""The attribute that names the class or the code of an error."""

EXCEPTION: Final = "exception"
"""The span event that tells of an exception: all that MLflow's spans tell of one."""

RESENT: Final = "http.request.resend_count"
"""The attribute that tells how often a client had sent a request before in vain; Anthropic's own spans have it."""

STATUS_CODE: Final = "http.response.status_code"
"""The attribute that tells how the last request was answered; Anthropic's own spans have it on calls."""

_LONGEST: Final = 256

_LONGEST_HEADERS: Final = 8_192
_SHORTEST: Final = 32
"""Characters at the end of an error that are looked at for a status."""

_MOST_RESENT: Final = 1_000
_OTHER_ERROR: Final = "_OTHER"
"""What the conventions call an error that is not said to be of any kind."""

_LIBRARIES: Final = (
    r"(?:openai|anthropic|google|botocore|boto3|mistralai|groq|cohere|together|fireworks|huggingface_hub|ollama|litellm"
    r"|langchain\w*|llama_index|pydantic_ai|agent_framework|semantic_kernel|crewai|agno|strands|dspy|haystack\w*|httpx2?)"
)
_PHRASES: Final = "|".join(re.escape(status.phrase) for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)

# Google's libraries for all of its services name their classes by the code alone, and write it behind the class.
_GOOGLES: Final = (
    "(?:BadRequest|InvalidArgument|FailedPrecondition|OutOfRange|Unauthorized|Unauthenticated|Forbidden|PermissionDenied"
    "|NotFound|MethodNotAllowed|Conflict|Aborted|AlreadyExists|TooManyRequests|ResourceExhausted|InternalServerError"
    "|MethodNotImplemented|BadGateway|ServiceUnavailable)"
)

# Classes of the providers' client libraries for answers of 4xx and 5xx, with or without the modules before them, or the
# number itself, which OpenAI's and Anthropic's libraries write words before, and servers words or a name behind.
# Frameworks put a provider's name before the class, as LangChain's OpenAIRateLimitError, or wrap the text in a class of
# their own. Not among them: classes of other libraries that are called alike, a connection that broke, and a time that
# ran out, the provider's or a gateway's (408, 499, 504), where the provider may have worked.
_REFUSAL: Final = re.compile(
    rf"google\.api_core\.exceptions\.{_GOOGLES}(?!\w)|{_GOOGLES}: (?!408|499|504)[45]\d\d(?!\w)"
    rf"|(?:(?:com\.)?{_LIBRARIES}\.(?:\w+\.)*)?"
    r"(?:(?:Server|Client|(?:OpenAI|Anthropic|Google|Azure|Bedrock|Mistral|Groq|Cohere|Chat(?:Client|Model)?|Model)?"
    r"(?:InternalServer|RateLimit|BadRequest|InvalidRequest|Authentication|Unauthorized|PermissionDenied"
    r"|NotFound|Conflict|UnprocessableEntity|Overloaded|ServiceUnavailable|APIStatus|HTTP|Throttl(?:ing|ed)"
    r"|ContextOverflow|ContextWindowExceeded))(?:Error|Exception)"
    r"|(?:[A-Za-z]+\(['\"])?(?:Error code: |HTTP )?(?!408|499|504)[45]\d\d(?=$| - |[:.,'\")]| [A-Z_]{4}"
    rf"| (?:{_PHRASES})))(?!\w)",
    re.ASCII,
)

_TIMED_OUT: Final = frozenset({408, 499, 504})

# Cohere's library has the headers before the status and the body behind, Ollama's the server's words before.
_HEADERS: Final = "headers: {"
_BEHIND_HEADERS: Final = re.compile(r"status_code: ((?!408|499|504)[45]\d\d), body: ", re.ASCII)
_AT_THE_END: Final = re.compile(r"\(status code: ((?!408|499|504)[45]\d\d)\)\Z", re.ASCII)

_ANY: Final = ("APIError", "ValueError", "TypeError", "ResponseError")
"""Classes above many errors, or a framework's for several of them: the text says which it is."""

# What Anthropic's and OpenAI's libraries raise before they send anything, and Python where they are called wrongly.
# pydantic-ai tries each large call of Claude without a stream first, and so meets the first of them each time.
_UNSENT: Final = re.compile(
    r"(?:(?:Value|Type)Error: )?(?:Streaming is required for operations"
    r"|Could not resolve authentication method|Missing required arguments; "
    r"|[\w.]+\(\) (?:got an unexpected keyword argument|missing \d+ required))"
)


def was_refused(attributes: Attributes, error: str) -> bool:
    """Tell whether a call that ended in an error, and tells no usage, was answered with that error or never sent.

    `error` is what the span's status says, which holds the exception where no `error.type` does.
    """
    told = str(plain(attributes.get(ERROR_TYPE)) or error)
    status = plain(attributes.get(STATUS_CODE))
    if type(status) is str and is_count(status):
        status = int(status)
    if type(status) is int and 400 <= status < 600 and status not in _TIMED_OUT:
        return True
    return bool(refusal(told) or (told.endswith(_ANY) and refusal(error)))


def refusal(error: str) -> str:
    """Return what of an error says that nothing is billed for it, empty where nothing does: no words of the prompt."""
    found = _REFUSAL.match(error[:_LONGEST]) or _UNSENT.match(error[:_LONGEST])
    if found is not None:
        return found.group()
    if error.startswith(_HEADERS):
        _, end, rest = error[:_LONGEST_HEADERS].partition("}, status_code: ")
        found = _BEHIND_HEADERS.match(end[3:] + rest)
    else:
        found = _AT_THE_END.search(error[-_SHORTEST:])
    return "" if found is None else found[1]


def exception(attributes: Attributes) -> str:
    """Return what an event says of an exception, as a span's status would; empty where it says nothing."""
    kind, message = (plain(attributes.get(f"{EXCEPTION}.{part}")) or "" for part in ("type", "message"))
    return f"{kind}: {message}" if kind and message else str(kind or message)


def kind_of_error(attributes: Attributes, error: str) -> str:
    """Return what kind of error a span ended in: no words of its message, which may quote a prompt."""
    told = plain(attributes.get(ERROR_TYPE))
    return (told[:_LONGEST] if type(told) is str else "") or refusal(error) or _OTHER_ERROR


def resent(attributes: Attributes) -> int:
    """Return how often the request was sent before in vain, as far as its span tells."""
    told = plain(attributes.get(RESENT))
    return told if type(told) is int and 0 < told < _MOST_RESENT else 0
