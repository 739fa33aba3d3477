"""The words that dialects are written in: what a span stands for, the fields of a call, who writes them.

A dialect is data: which operations it names and, for each field of a call, the attribute names that hold it, best
first. Adding a dialect is adding a table and a recording that proves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Dialect", "Emitter", "Field", "Kind", "Layer", "Trust"]


class Kind:
    """What a span stands for; bare strings, compared by identity of meaning on the hot path."""

    CALL: Final = "call"
    """One request to a model: what is billed."""
    AGENT: Final = "agent"
    WORKFLOW: Final = "workflow"
    TOOL: Final = "tool"
    STEP: Final = "step"
    """One of the requests that the span of a call around it sums up; it tells no usage of its own."""
    OTHER: Final = "other"
    """Known not to be any of these, whatever usage it repeats."""
    ROOT: Final = "root"
    """The local root of a trace that is nothing else."""


class Field:
    """Places in the row that a span's attributes are read into; token counts first, in the order of Usage."""

    INPUT: Final = 0
    OUTPUT: Final = 1
    CACHE_READ: Final = 2
    CACHE_WRITE: Final = 3
    CACHE_WRITE_1H: Final = 4
    REASONING: Final = 5
    AUDIO_INPUT: Final = 6
    AUDIO_OUTPUT: Final = 7
    AUDIO_CACHE_READ: Final = 8
    TOKENS: Final = 9
    """How many of the fields are token counts."""
    OPERATION: Final = 9
    PROVIDER: Final = 10
    RESPONSE_MODEL: Final = 11
    REQUEST_MODEL: Final = 12
    PRICED_MODEL: Final = 13
    """A model as a price list names it: tried after the response's and the request's."""
    RESPONSE_ID: Final = 14
    COST: Final = 15
    COST_CURRENCY: Final = 16
    COST_SOURCE: Final = 17
    LIST_COST: Final = 18
    COUNT: Final = 19


class Layer:
    """Where in a program an instrumentation sits: of two records of one call the outer is of a layer not lower."""

    CLIENT: Final = 0
    """Around a provider's own client library, or in it."""
    GATEWAY: Final = 1
    """A library that speaks to many providers, such as LiteLLM."""
    FRAMEWORK: Final = 2


class Trust:
    """Whose numbers hold, of two records that are as complete."""

    OFF: Final = 0
    """Its numbers are known to be a little off."""
    USUAL: Final = 1
    OWN: Final = 2
    """The provider's own library."""


@dataclass(frozen=True, slots=True, eq=False)
class Emitter:
    """What is known of an instrumentation by the name of its scope."""

    scope: str
    layer: int = Layer.FRAMEWORK
    exclusive: bool = False
    """Its input leaves cache reads and writes out, where the conventions put them inside."""
    exclusive_of: str = ""
    """The one provider, as the instrumentation calls it, whose cache alone it leaves out."""
    hides_cache_of: str = ""
    """The one provider whose cache it leaves out, and tells nothing of, where the answer is not streamed."""
    hides_writes_of: str = ""
    """The one provider of whose cache it tells what was read alone, and leaves out what was written."""
    whole_beside: str = ""
    """An attribute beside which that provider's input holds the cache all the same."""
    hides_cache: bool = False
    """It is of one provider's client, whose cache it leaves out, and tells nothing of it."""
    hides_streamed_cache_of: str = ""
    """The one provider whose cache it leaves out where the answer is streamed, and doesn't tell that there was none."""
    hides_cache_in_input: bool = False
    """What its input has of cached tokens it doesn't tell, or not always."""
    forgets_cache: bool = False
    """At times it tells of no cache where there was one."""
    ends_beside: str = ""
    """An attribute that a call of Claude's has only where its answer has come to its end."""
    repeats_reasoning: bool = False
    """Through LiteLLM, whose names have a provider before the model, it adds reasoning to an output that holds it."""
    reasons_in_total: bool = False
    """What its total has beside input and output is reasoning, which stands nowhere else."""
    trust: int = Trust.USUAL
    invents_ids: bool = False
    """Its response ids may be its own and not the provider's: two that differ can be of one call."""
    sums_agents: bool = False
    """What an agent's span says it used are its own calls, without its sub-agents', and no span tells of them."""
    tells_last_call: bool = False
    """What a workflow's span says it used is its last call, by the id beside it, which no other span may tell of."""
    tells_after: bool = False
    """A stream's span tells nothing, and is no call; a span of no length tells of it when the stream has ended."""
    ends_early: bool = False
    """A stream's span is over before its request leaves: it stands for making the stream, not for reading it."""
    not_calls: tuple[str, ...] = ()
    """Ends of the names of spans that call themselves calls and only lie around one."""
    around: tuple[str, ...] = ()
    """Scopes that tell of each call that this one does: one begun inside it, of its model, is the same call."""
    keeps_answers: bool = False
    """Its library keeps answers, and tells of one it had as of a call, without usage either way."""
    asks_again: bool = False
    """Inside a call's span it runs tools and asks again with their results: the last request alone is told."""
    one_request: tuple[str, ...] = ()
    """Names of spans that stand for one request all the same."""
    asked_again_beside: str = ""
    """An attribute that a call's span has only where it stands for several requests: the last alone is told."""
    sums_turn_without: tuple[str, ...] = ()
    """Attributes without which a call tells the sum of the calls below one span, where tools ran between them."""
    repeats_answers: bool = False
    """Its library keeps answers, and tells of one it had as of a call, with the usage of then."""
    kept_beside: str = ""
    """An attribute that is true where a call's span tells of an answer that its library had kept."""
    overwrites: str = ""
    """An attribute that it writes, beside all else of a call, on any span that is open around one, over the last one's:
    it makes none of its own then but those of bare requests."""
    told_beside: str = ""
    """An attribute that a call's counts never stand without where the provider told them: else they are a guess."""
    guessed_beside: tuple[str, ...] = ()
    """An attribute, and what all stands in its text where a call's counts are a guess."""
    perhaps_beside: tuple[str, ...] = ()
    """What all stands in the same text where they may be a guess, as of a server that tells no parts."""
    streams_told_beside: tuple[str, ...] = ()
    """An attribute that is true of a stream, and one that its counts stand without where they may be a guess."""
    compactions: tuple[str, ...] = ()
    """Attributes with the input and the output of what Claude's servers did to shorten what they were asked, which its
    counts leave out."""
    iterations: tuple[str, ...] = ()
    """An attribute, and the keys in it to the steps of a request of Claude's, of which its counts leave some out."""
    halves_length: bool = False
    """It takes two characters for a token where the provider told nothing: the counts are half as long as the words."""
    is_hand_made: bool = False
    """As far as its name tells a tracer of the program's own, and no instrumentation."""
    recorded: str = ""
    """A recorded run that proves it; empty for what was only read in its source."""
    also: tuple[str, ...] = ()
    """Further runs that prove another of its ways to write."""
    package: str = ""
    """The package whose version counts, where its scope tells none or another."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of instrumentations spells a call."""

    name: str
    markers: frozenset[str]
    """A span with none of these attributes is not of this dialect."""
    operations: Mapping[str, str]
    """Value of the operation attribute -> Kind; a value not listed is a call if it tells usage."""
    fields: Mapping[int, tuple[str, ...]]
    """Field -> attribute names, best first."""
    emitters: tuple[Emitter, ...] = ()
    """Instrumentations that write it."""
    workflows: Mapping[str, str] = field(default_factory=dict[str, str])
    """Attribute -> what stands in it where a span that calls itself an agent is a workflow."""
    graphs: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Attribute with the steps of what calls itself an agent -> those of which an agent has one, a workflow none."""
    texts: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=dict[str, Mapping[int, tuple[str, ...]]])
    """Attribute that holds counts or names as a JSON text -> field -> paths in the text, best first.

    A path is keys with dots between, and places in an array. Where a text tells only parts that never overlap, a count
    is the sum of paths with ` + ` between, if the first is there.
    """
    totals: tuple[str, ...] = ()
    """Attributes that tell all tokens of a call in one number, best first."""
    answers: tuple[str, ...] = ()
    """Of these texts those that are a provider's answer as it came: only the usage in it is read."""
    quoted: Mapping[str, int] = field(default_factory=dict[str, int])
    """Attribute whose value is JSON's text of a name, quotes and all -> field."""
    spoken: Mapping[str, str] = field(default_factory=dict[str, str])
    """Value of the operation attribute -> what the conventions call that operation, where they differ."""
