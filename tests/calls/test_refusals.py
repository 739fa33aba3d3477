"""Refusals: which errors are a provider's answer, and which leave open what was used."""

from __future__ import annotations

from typing import Any

import pytest

from spancost.calls.refusals import exception, refusal, was_refused


@pytest.mark.parametrize(
    "told",
    [
        "openai.RateLimitError",
        "anthropic.InternalServerError",
        "BadRequestError",
        "com.openai.errors.UnauthorizedException",
        "com.anthropic.errors.RateLimitException",
        "google.genai.errors.ServerError",
        "botocore.errorfactory.ValidationException.ClientError",
        "pydantic_ai.exceptions.ModelHTTPError",
        "429",
        "500",
        "Error code: 500",
        "HTTP 400",
        "OpenAIRateLimitError",
        "langchain_openai.chat_models.base.OpenAIInvalidRequestError",
        "anthropic.OverloadedError",
        "litellm.ContextWindowExceededError",
        "OpenAIAPIError('Error code: 500",
        "Streaming is required for operations",
        "google.api_core.exceptions.ResourceExhausted",
        "BadRequest: 400",
    ],
)
def test_an_answer_of_the_provider_is_a_refusal(told: str) -> None:
    """Its class stands in `error.type`, or at the beginning of the status where nothing else tells it."""
    assert was_refused({"error.type": told}, "")
    assert was_refused({}, told)
    assert was_refused({}, f"{told}: the provider says no")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ValueError", "Streaming is required for operations that may take longer than 10 minutes. See https://x"),
        ("TypeError", "Could not resolve authentication method. Expected one of api_key, auth_token or credentials"),
        ("TypeError", "Completions.create() got an unexpected keyword argument 'stream_options'"),
        ("TypeError", "create() missing 1 required positional argument: 'model'"),
        ("TypeError", "Missing required arguments; Expected either ('messages' and 'model') arguments to be given"),
    ],
)
def test_what_the_clients_library_did_not_send_is_no_call(kind: str, text: str) -> None:
    """The libraries check what they are asked before they send it; a program's own ValueError leaves it open."""
    assert was_refused({"error.type": kind}, text)
    assert was_refused({}, f"{kind}: {text}")
    assert was_refused({}, text)
    assert not was_refused({"error.type": "CancelledError"}, text)
    assert not was_refused({"error.type": kind}, f"the answer was: {text}")


@pytest.mark.parametrize(
    "told",
    [
        "",
        "ValueError",
        "FileNotFoundError",
        "ModuleNotFoundError",
        "ToolNotFoundError",
        "sqlalchemy.exc.InvalidRequestError",
        "redis.exceptions.AuthenticationError",
        "elasticsearch.NotFoundError",
        "aiohttp.client_exceptions.ClientError",
        "408",
        "504 Gateway Timeout",
        "500 words were asked for, and 300 came",
        "404 is not a valid answer",
        "openai.APIConnectionError",
        "openai.APITimeoutError",
        "httpx.RemoteProtocolError",
        "connection_error",
        "aiohttp.ClientConnectorError",
        "asyncio.CancelledError",
        "OutputParserException",
        "botocore.exceptions.HTTPClientError",
        "OpenAIAPIError",
        "OpenAIConnectionError('Connection error.')",
        "4290",
        "200",
        "the answer was: RateLimitError",
        "BadRequest",
        "NotFound: no such file",
        "DeadlineExceeded: 504 too late",
        "google.api_core.exceptions.GatewayTimeout",
        "google.api_core.exceptions.RetryError",
    ],
)
def test_any_other_error_leaves_it_open(told: str) -> None:
    """The provider may have worked, and billed, before the connection broke or the program lost its patience."""
    assert not was_refused({"error.type": told}, "")
    assert not was_refused({}, told)


def test_the_type_is_believed_before_the_text() -> None:
    """A text may speak of an earlier attempt."""
    assert not was_refused({"error.type": "connection_error"}, "RateLimitError")


@pytest.mark.parametrize("kind", ["api_error", "overloaded_error", "rate_limit_error", "invalid_request_error"])
def test_the_status_of_the_answer_says_it_where_the_type_is_what_its_body_says(kind: str) -> None:
    """Anthropic's own spans have both: a stream that failed on its way was answered by 200, and may be billed."""
    for status in (400, 429, 500, 529, "500"):
        assert was_refused({"error.type": kind, "http.response.status_code": status}, "")
    for status in (200, 408, 499, 504, 0, 600, "", None, True):
        assert not was_refused({"error.type": kind, "http.response.status_code": status}, "")
    assert not was_refused({"error.type": "connection_error", "http.response.status_code": 200}, "")


_HEADERS = (
    "headers: {'server': 'envoy', 'date': 'Sat, 28 Nov 2026 07:24:55 GMT', " + "'x': '{}, y', " * 90 + "'z': '0'}"
)


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_clients_library_may_say_the_status_behind_other_words(status: int) -> None:
    """Cohere's has the answer's headers before it and its body behind, Ollama's the server's words before."""
    cohere = f"{_HEADERS}, status_code: {status}, body: {{'message': 'no: (words of a prompt)'}}"
    assert was_refused({}, cohere)
    assert str(status) == refusal(cohere) == refusal(refusal(cohere)), "no words of the body"
    ollama = f"model 'x' not found (status code: {status})"
    assert was_refused({"error.type": "ResponseError"}, ollama)
    assert str(status) == refusal(ollama) == refusal(refusal(ollama)), "no words of the message"


@pytest.mark.parametrize(
    "told",
    [
        f"{_HEADERS}, status_code: 504, body: {{}}",
        f"{_HEADERS}, status_code: 200, body: {{}}, status_code: 500, body: '",
        f"{_HEADERS}, status_code: None, body: (status code: 500)",
        "headers: " + "{" * 10**6,
        "the answer said status_code: 500, body: no",
        "stopped (status code: -1)",
        "stopped (status code: 408)",
        "it was (status code: 500), and then it broke off",
    ],
)
def test_no_other_place_of_a_status_is_believed(told: str) -> None:
    """What was asked or answered may stand in a message: a status counts where the library writes it."""
    assert not was_refused({}, told)
    assert not was_refused({"error.type": "ResponseError"}, told)


def test_a_class_for_any_error_leaves_it_to_the_text() -> None:
    """LangChain's class for a server's error has the name of the one above all errors."""
    assert was_refused({"error.type": "langchain_openai.chat_models.base.OpenAIAPIError"}, "Error code: 500 - down")
    assert was_refused({"error.type": "ValueError"}, "Streaming is required for operations that may take longer")
    assert not was_refused({"error.type": "openai.APIError"}, "An error occurred during streaming")
    assert not was_refused({"error.type": "openai.APIConnectionError"}, "Error code: 500 - down")


def test_a_text_without_end_is_read_in_no_time() -> None:
    """Of a status only its beginning is looked at."""
    assert not was_refused({}, "a." * 10**6)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"exception.type": "InternalServerError", "exception.message": "down"}, "InternalServerError: down"),
        ({"exception.message": "Error code: 429"}, "Error code: 429"),
        ({"exception.type": "openai.RateLimitError", "exception.message": 5.5j}, "openai.RateLimitError"),
        ({}, ""),
    ],
)
def test_what_an_event_says_of_an_exception_is_what_a_status_would(event: dict[str, Any], text: str) -> None:
    """MLflow leaves the status empty: then the exception it recorded says whether the provider refused."""
    assert text == exception(event)
    assert bool(text) == was_refused({}, exception(event))
