"""The names spancost writes, and the values they may have.

Generated from `semconv/` by `tools/semconv.py generate`; do not edit. `docs/semconv.md` is the same for people.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = [
    "AGENT_PATH",
    "BUDGET_DEDUP_KEY",
    "BUDGET_FORECAST",
    "BUDGET_ID",
    "BUDGET_LIMIT",
    "BUDGET_SCOPE",
    "BUDGET_STATE",
    "BUDGET_THRESHOLD",
    "BUDGET_USAGE",
    "BUDGET_UTILIZATION",
    "BUDGET_VALUE",
    "BUDGET_WINDOW_END",
    "BUDGET_WINDOW_KIND",
    "BUDGET_WINDOW_START",
    "CALLS_PARTIAL",
    "CALLS_TOTAL",
    "CALLS_UNPRICED",
    "CONFIG_FILE",
    "CONFIG_KEY",
    "CONFIG_LINE",
    "CONFIG_MESSAGE",
    "CONFIG_REMEDY",
    "CORRECTION_SEQUENCE",
    "COST_BUCKET",
    "COST_CHILDREN",
    "COST_COMPUTED",
    "COST_DIRECT",
    "COST_NANO_USD",
    "COST_TOTAL",
    "COST_TOTAL_NANO_USD",
    "DEDUP_DUPLICATE_OF",
    "DEDUP_ROLE",
    "EVENT_BUDGET_BREACH",
    "EVENT_BUDGET_RECOVERED",
    "EVENT_BUDGET_THRESHOLD",
    "EVENT_CONFIG_ERROR",
    "EVENT_COST_CORRECTION",
    "GEN_AI_AGENT_NAME",
    "GEN_AI_OPERATION_NAME",
    "GEN_AI_PROVIDER_NAME",
    "GEN_AI_REQUEST_MODEL",
    "GEN_AI_RESPONSE_ID",
    "GEN_AI_RESPONSE_MODEL",
    "GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS",
    "GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS",
    "GEN_AI_USAGE_COST_AMOUNT",
    "GEN_AI_USAGE_COST_CURRENCY",
    "GEN_AI_USAGE_COST_SOURCE",
    "GEN_AI_USAGE_INPUT_TOKENS",
    "GEN_AI_USAGE_OUTPUT_TOKENS",
    "GEN_AI_USAGE_REASONING_OUTPUT_TOKENS",
    "GEN_AI_WORKFLOW_NAME",
    "INTERNAL_HOOK",
    "METRICS",
    "METRIC_BUDGET_LIMIT",
    "METRIC_BUDGET_OVERRUNS",
    "METRIC_BUDGET_USAGE",
    "METRIC_BUDGET_UTILIZATION",
    "METRIC_CALLS",
    "METRIC_COST",
    "METRIC_GEN_AI_CLIENT_OPERATION_COST",
    "METRIC_INTERNAL_BUDGET_EVICTIONS",
    "METRIC_INTERNAL_DAMAGED_LEDGERS",
    "METRIC_INTERNAL_DROPPED_EVENTS",
    "METRIC_INTERNAL_DUPLICATES",
    "METRIC_INTERNAL_ERRORS",
    "METRIC_INTERNAL_EVICTIONS",
    "METRIC_INTERNAL_LATE_SPANS",
    "METRIC_INTERNAL_STORE_FAILURES",
    "METRIC_OWNER_COST",
    "METRIC_TOKENS",
    "OWNER_KIND",
    "OWNER_NAME",
    "PRICING_MODEL",
    "PRICING_REASON",
    "PRICING_STATUS",
    "PRICING_VERSION",
    "SESSION_ID",
    "TEAM",
    "TENANT",
    "TOKENS_CACHE_READ",
    "TOKENS_CACHE_WRITE",
    "TOKENS_INPUT",
    "TOKENS_OUTPUT",
    "TOKENS_REASONING",
    "TOKEN_TYPE",
    "USAGE_ESTIMATED",
    "USER_ID",
    "BudgetState",
    "BudgetWindowKind",
    "CostBucket",
    "CostSource",
    "DedupRole",
    "Metric",
    "OwnerKind",
    "PricingReason",
    "PricingStatus",
    "TokenType",
]

# Attributes

COST_COMPUTED: Final = "spancost.cost.computed"
"""What spancost computed, in USD, where the span already said an amount of its own.

An amount that is present is never overwritten.
"""

COST_NANO_USD: Final = "spancost.cost.nano_usd"
"""The amount of this charge in whole nano-dollars, rounded half to even.

For arithmetic that must not lose cents to doubles.
"""

COST_DIRECT: Final = "spancost.cost.direct"
"""What the owner's own charges cost, in USD.

The directs of all owners of a trace add up to the total of its local root. Never sum it together with children or
total.
"""

COST_CHILDREN: Final = "spancost.cost.children"
"""What the owners below this owner cost, in USD."""

COST_TOTAL: Final = "spancost.cost.total"
"""What this span and everything under it cost, in USD.

On an owner it is direct plus children. It contains what is below, so totals of several spans must not be summed.
"""

COST_TOTAL_NANO_USD: Final = "spancost.cost.total_nano_usd"
"""The owner's total in whole nano-dollars, rounded half to even."""

COST_BUCKET: Final = "spancost.cost.bucket"
"""The owner's total as one of seven ranges of USD, for backends that filter only by equality."""

PRICING_STATUS: Final = "spancost.pricing.status"
"""How far the amount of a charge can be trusted."""

PRICING_REASON: Final = "spancost.pricing.reason"
"""Why a charge has no amount, a lower bound of one, or one that may be a little off."""

USAGE_ESTIMATED: Final = "spancost.usage.estimated"
"""The instrumentation guessed the token counts on the span, so they are not priced."""

PRICING_MODEL: Final = "spancost.pricing.model"
"""The model of the price list that the reported name was matched to."""

PRICING_VERSION: Final = "spancost.pricing.version"
"""The version of the price list that gave the amount."""

AGENT_PATH: Final = "spancost.agent.path"
"""The names of the agents above the charge, outermost first, joined by `/`."""

DEDUP_ROLE: Final = "spancost.dedup.role"
"""What this record is to a charge that several instrumentations reported."""

DEDUP_DUPLICATE_OF: Final = "spancost.dedup.duplicate_of"
"""The id of the span that carries the charge, 16 hexadecimal digits."""

TEAM: Final = "spancost.team"
"""The team that pays."""

TENANT: Final = "spancost.tenant"
"""The customer on whose behalf the call was made."""

CALLS_TOTAL: Final = "spancost.calls.total"
"""Model calls of this owner and everything under it, each counted once."""

CALLS_PARTIAL: Final = "spancost.calls.partial"
"""Of those, the calls whose amount is a lower bound."""

CALLS_UNPRICED: Final = "spancost.calls.unpriced"
"""Of those, the calls that no amount includes.

The total is complete only where this is 0.
"""

TOKENS_INPUT: Final = "spancost.tokens.input"
"""Input tokens, cache reads and cache writes included."""

TOKENS_OUTPUT: Final = "spancost.tokens.output"
"""Output tokens, reasoning included."""

TOKENS_CACHE_READ: Final = "spancost.tokens.cache_read"
"""The part of the input tokens that was read from a prompt cache."""

TOKENS_CACHE_WRITE: Final = "spancost.tokens.cache_write"
"""The part of the input tokens that was written to a prompt cache."""

TOKENS_REASONING: Final = "spancost.tokens.reasoning"
"""The part of the output tokens that was spent on reasoning."""

TOKEN_TYPE: Final = "spancost.token.type"
"""The kind of token; the kinds are disjoint, so their sum is every token used."""

OWNER_KIND: Final = "spancost.owner.kind"
"""What made the span an owner."""

OWNER_NAME: Final = "spancost.owner.name"
"""The name of the agent or workflow, or the span name of the local root."""

INTERNAL_HOOK: Final = "spancost.internal.hook"
"""The hook in which a fault of spancost's own was caught; `stack` where the program's stack was full."""

BUDGET_STATE: Final = "spancost.budget.state"
"""The worst state, after this charge, of the budgets it counts against."""

BUDGET_ID: Final = "spancost.budget.id"
"""The budget's id from the configuration."""

BUDGET_SCOPE: Final = "spancost.budget.scope"
"""The attribution key, or attribute, whose values each have a budget of their own."""

BUDGET_VALUE: Final = "spancost.budget.value"
"""The value of the scope whose spend it is; `(none)` for charges that nothing tells it of."""

BUDGET_LIMIT: Final = "spancost.budget.limit"
"""The most that may be spent in one window, in USD."""

BUDGET_USAGE: Final = "spancost.budget.usage"
"""What was spent in this window so far, in USD."""

BUDGET_UTILIZATION: Final = "spancost.budget.utilization"
"""Usage over limit, as a fraction that passes 1 where the limit is overspent."""

BUDGET_THRESHOLD: Final = "spancost.budget.threshold"
"""The threshold that was crossed, as a fraction of the limit."""

BUDGET_WINDOW_KIND: Final = "spancost.budget.window_kind"
"""The kind of time span the limit counts over."""

BUDGET_WINDOW_START: Final = "spancost.budget.window_start"
"""The first instant of the window, as RFC 3339 in UTC."""

BUDGET_WINDOW_END: Final = "spancost.budget.window_end"
"""The first instant after the window, as RFC 3339 in UTC."""

BUDGET_FORECAST: Final = "spancost.budget.forecast"
"""Usage expected at the end of the window at the pace so far, in USD."""

BUDGET_DEDUP_KEY: Final = "spancost.budget.dedup_key"
"""Equal on all reports of one crossing: the same budget, value, window and threshold.

For receivers that get a record twice.
"""

CORRECTION_SEQUENCE: Final = "spancost.correction.sequence"
"""Counts the corrections of one owner from 1; the highest number has the newest totals."""

CONFIG_FILE: Final = "spancost.config.file"
"""The file with the fault."""

CONFIG_LINE: Final = "spancost.config.line"
"""The line of the fault, counted from 1."""

CONFIG_KEY: Final = "spancost.config.key"
"""The key or environment variable with the fault."""

CONFIG_MESSAGE: Final = "spancost.config.message"
"""What is wrong."""

CONFIG_REMEDY: Final = "spancost.config.remedy"
"""What to write instead."""

GEN_AI_USAGE_COST_AMOUNT: Final = "gen_ai.usage.cost.amount"
"""What this one call cost, in the currency beside it.

On one record a charge and on no agent or workflow span, so a plain sum over all spans is right.
"""

GEN_AI_USAGE_COST_CURRENCY: Final = "gen_ai.usage.cost.currency"
"""The ISO 4217 code of the amount's currency; spancost writes `USD`."""

GEN_AI_USAGE_COST_SOURCE: Final = "gen_ai.usage.cost.source"
"""Where the amount comes from."""

GEN_AI_OPERATION_NAME: Final = "gen_ai.operation.name"
"""The kind of operation, such as `chat`."""

GEN_AI_PROVIDER_NAME: Final = "gen_ai.provider.name"
"""The provider as the instrumentation knows it, such as `openai`."""

GEN_AI_REQUEST_MODEL: Final = "gen_ai.request.model"
"""The model that was asked for."""

GEN_AI_RESPONSE_MODEL: Final = "gen_ai.response.model"
"""The model that answered."""

GEN_AI_RESPONSE_ID: Final = "gen_ai.response.id"
"""The provider's id of the response."""

GEN_AI_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
"""Input tokens, cached ones included."""

GEN_AI_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
"""Output tokens, reasoning included."""

GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
"""The part of the input read from a prompt cache."""

GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
"""The part of the input written to a prompt cache."""

GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
"""The part of the output spent on reasoning."""

GEN_AI_AGENT_NAME: Final = "gen_ai.agent.name"
"""The agent's name."""

GEN_AI_WORKFLOW_NAME: Final = "gen_ai.workflow.name"
"""The workflow's name."""

USER_ID: Final = "user.id"
"""The user's id."""

SESSION_ID: Final = "session.id"
"""The session's id."""

# Metrics

METRIC_COST: Final = "spancost.cost"
"""What model calls cost, each counted once.

Calls without an amount add nothing here; `spancost.calls` counts them by `spancost.pricing.status`. Each dimension
keeps its 100 dearest values, as far as a stream can tell, the rest is `_other`; whoever spends over a hundredth and
a half of everything is named, until 200 have lost their names to others. In a forked child the scope of this and
every other counter carries `process.pid`.
"""

METRIC_CALLS: Final = "spancost.calls"
"""Model calls, each counted once."""

METRIC_TOKENS: Final = "spancost.tokens"
"""Tokens used by model calls, by disjoint type."""

METRIC_OWNER_COST: Final = "spancost.owner.cost"
"""The total of an agent, workflow or local root, recorded as it ends.

A total contains the owners below it, so sums over owners count nested ones again; sum `spancost.cost` instead.
"""

METRIC_BUDGET_LIMIT: Final = "spancost.budget.limit"
"""The most that may be spent in one window."""

METRIC_BUDGET_USAGE: Final = "spancost.budget.usage"
"""What was spent in the running window."""

METRIC_BUDGET_UTILIZATION: Final = "spancost.budget.utilization"
"""Usage over limit; above 1 the limit is overspent."""

METRIC_BUDGET_OVERRUNS: Final = "spancost.budget.overruns"
"""Windows in which usage passed the limit."""

METRIC_INTERNAL_DUPLICATES: Final = "spancost.internal.duplicates"
"""Spans found to be another record of a charge."""

METRIC_INTERNAL_LATE_SPANS: Final = "spancost.internal.late_spans"
"""Charges that came below a span that had ended before them.

Each owner above them that had ended, too, tells its new totals in a `spancost.cost.correction` event.
"""

METRIC_INTERNAL_EVICTIONS: Final = "spancost.internal.evictions"
"""Open spans forgotten to keep memory bounded."""

METRIC_INTERNAL_BUDGET_EVICTIONS: Final = "spancost.internal.budget_evictions"
"""Budget values whose spend was forgotten to keep memory bounded.

Of each budget the 100,000 values that spent last are kept, those of whom a threshold was told before others. One
that was forgotten begins at nothing again.
"""

METRIC_INTERNAL_ERRORS: Final = "spancost.internal.errors"
"""Faults of spancost's own, caught before they reached the program."""

METRIC_INTERNAL_STORE_FAILURES: Final = "spancost.internal.store_failures"
"""Charges that the ledger could not keep.

They are in every other metric and on their spans all the same.
"""

METRIC_INTERNAL_DAMAGED_LEDGERS: Final = "spancost.internal.damaged_ledgers"
"""Damaged ledgers that this process has set aside, to begin a new one.

What they held is in no report on the new one.
"""

METRIC_INTERNAL_DROPPED_EVENTS: Final = "spancost.internal.dropped_events"
"""Events, and values of histograms, dropped because their queue was full."""

METRIC_GEN_AI_CLIENT_OPERATION_COST: Final = "gen_ai.client.operation.cost"
"""What one model call cost, in the currency that the attribute names.

Only with `SPANCOST_OPERATION_COST=true`. One record a charge; calls without an amount are not recorded.
"""

# Events

EVENT_BUDGET_THRESHOLD: Final = "spancost.budget.threshold"
"""Usage crossed a threshold other than the limit itself.

Severity WARN from 75% of the limit, ERROR from 90%. Once per budget, value, window and threshold.
"""

EVENT_BUDGET_BREACH: Final = "spancost.budget.breach"
"""Usage reached the limit.

Severity FATAL. Once per budget, value and window.
"""

EVENT_BUDGET_RECOVERED: Final = "spancost.budget.recovered"
"""A value that had reached its limit spends again, in a new window.

Severity INFO. Told with the first charge of that window.
"""

EVENT_COST_CORRECTION: Final = "spancost.cost.correction"
"""An owner's totals changed after its span had ended.

Severity INFO, in the context of the owner's span, which is itself never touched again. The values are the new
absolute totals, not differences; of several corrections the one with the highest sequence counts.
"""

EVENT_CONFIG_ERROR: Final = "spancost.config.error"
"""A wrong file or budget; cost tracking runs on, with no budgets.

Severity ERROR.
"""


class Metric(NamedTuple):
    """One metric as the registry defines it."""

    name: str
    instrument: Literal["counter", "gauge", "histogram"]
    unit: str
    description: str
    value_type: Literal["int", "double"]


METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        name=METRIC_COST,
        instrument="counter",
        unit="{USD}",
        description="What model calls cost, each counted once.",
        value_type="double",
    ),
    Metric(
        name=METRIC_CALLS,
        instrument="counter",
        unit="{call}",
        description="Model calls, each counted once.",
        value_type="int",
    ),
    Metric(
        name=METRIC_TOKENS,
        instrument="counter",
        unit="{token}",
        description="Tokens used by model calls, by disjoint type.",
        value_type="int",
    ),
    Metric(
        name=METRIC_OWNER_COST,
        instrument="histogram",
        unit="{USD}",
        description="The total of an agent, workflow or local root, recorded as it ends.",
        value_type="double",
    ),
    Metric(
        name=METRIC_BUDGET_LIMIT,
        instrument="gauge",
        unit="{USD}",
        description="The most that may be spent in one window.",
        value_type="double",
    ),
    Metric(
        name=METRIC_BUDGET_USAGE,
        instrument="gauge",
        unit="{USD}",
        description="What was spent in the running window.",
        value_type="double",
    ),
    Metric(
        name=METRIC_BUDGET_UTILIZATION,
        instrument="gauge",
        unit="{ratio}",
        description="Usage over limit; above 1 the limit is overspent.",
        value_type="double",
    ),
    Metric(
        name=METRIC_BUDGET_OVERRUNS,
        instrument="counter",
        unit="{overrun}",
        description="Windows in which usage passed the limit.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_DUPLICATES,
        instrument="counter",
        unit="{span}",
        description="Spans found to be another record of a charge.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_LATE_SPANS,
        instrument="counter",
        unit="{span}",
        description="Charges that came below a span that had ended before them.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_EVICTIONS,
        instrument="counter",
        unit="{span}",
        description="Open spans forgotten to keep memory bounded.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_BUDGET_EVICTIONS,
        instrument="counter",
        unit="{value}",
        description="Budget values whose spend was forgotten to keep memory bounded.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_ERRORS,
        instrument="counter",
        unit="{error}",
        description="Faults of spancost's own, caught before they reached the program.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_STORE_FAILURES,
        instrument="counter",
        unit="{charge}",
        description="Charges that the ledger could not keep.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_DAMAGED_LEDGERS,
        instrument="counter",
        unit="{ledger}",
        description="Damaged ledgers that this process has set aside, to begin a new one.",
        value_type="int",
    ),
    Metric(
        name=METRIC_INTERNAL_DROPPED_EVENTS,
        instrument="counter",
        unit="{event}",
        description="Events, and values of histograms, dropped because their queue was full.",
        value_type="int",
    ),
    Metric(
        name=METRIC_GEN_AI_CLIENT_OPERATION_COST,
        instrument="histogram",
        unit="{currency_unit}",
        description="What one model call cost, in the currency that the attribute names.",
        value_type="double",
    ),
)
"""Every metric, in the order of the registry."""


class CostBucket:
    """Values of `spancost.cost.bucket`.

    The owner's total as one of seven ranges of USD, for backends that filter only by equality.
    """

    ZERO: Final = "0"
    """Nothing."""

    BELOW_0_001: Final = "<0.001"
    """Under a tenth of a cent."""

    BELOW_0_01: Final = "<0.01"
    """Under a cent."""

    BELOW_0_1: Final = "<0.1"
    """Under ten cents."""

    BELOW_1: Final = "<1"
    """Under a dollar."""

    BELOW_10: Final = "<10"
    """Under ten dollars."""

    FROM_10: Final = ">=10"
    """Ten dollars and more."""


class PricingStatus:
    """Values of `spancost.pricing.status`.

    How far the amount of a charge can be trusted.
    """

    EXACT: Final = "exact"
    """Priced by the model's own price."""

    ALIAS: Final = "alias"
    """Priced through a moving name, such as one ending in `-latest`."""

    OVERRIDE: Final = "override"
    """Priced by a price the user set."""

    REPORTED: Final = "reported"
    """The amount is the provider's own."""

    PARTIAL: Final = "partial"
    """The amount is a lower bound; `spancost.pricing.reason` says why."""

    UNPRICED: Final = "unpriced"
    """No amount; `spancost.pricing.reason` says why."""


class PricingReason:
    """Values of `spancost.pricing.reason`.

    Why a charge has no amount, a lower bound of one, or one that may be a little off.
    """

    NO_USAGE: Final = "no_usage"
    """Nothing said how many tokens were used."""

    INVALID_USAGE: Final = "invalid_usage"
    """A token count was no count: negative, not a number, text or absurd."""

    UNKNOWN_MODEL: Final = "unknown_model"
    """The provider is known and the model is not."""

    UNKNOWN_PROVIDER: Final = "unknown_provider"
    """Neither a known provider nor a model that implies one."""

    NO_PRICE: Final = "no_price"
    """The model is known, and no price for what was used."""

    CUT_OFF: Final = "cut_off"
    """Partial: the answer ended in an error, and what was told until then is counted."""

    HALF_USAGE: Final = "half_usage"
    """Partial: of input and output one was told, as of a stream that is left."""

    LAST_REQUEST: Final = "last_request"
    """Partial: of several requests the span tells the last alone."""

    NO_CACHE_USAGE: Final = "no_cache_usage"
    """Partial: the instrumentation leaves cached tokens out, or doesn't say how many of them there were."""

    CACHE_UNTOLD: Final = "cache_untold"
    """The instrumentation tells of no cached tokens, which cost less or more than the rest of the input."""

    NO_CLASS_PRICE: Final = "no_class_price"
    """Partial: there is no price of a class of the tokens that were used."""


class DedupRole:
    """Values of `spancost.dedup.role`.

    What this record is to a charge that several instrumentations reported.
    """

    DUPLICATE: Final = "duplicate"
    """Another span already carries this charge."""


class TokenType:
    """Values of `spancost.token.type`.

    The kind of token; the kinds are disjoint, so their sum is every token used.
    """

    INPUT: Final = "input"
    """Input that no cache had a part in."""

    CACHE_READ: Final = "cache_read"
    """Input read from a prompt cache."""

    CACHE_WRITE: Final = "cache_write"
    """Input written to a prompt cache."""

    OUTPUT: Final = "output"
    """Visible output, without reasoning."""

    REASONING: Final = "reasoning"
    """Output spent on reasoning."""


class OwnerKind:
    """Values of `spancost.owner.kind`.

    What made the span an owner.
    """

    AGENT: Final = "agent"
    """An agent span."""

    WORKFLOW: Final = "workflow"
    """A workflow span."""

    ROOT: Final = "root"
    """The local root of a trace, neither agent nor workflow."""


class BudgetState:
    """Values of `spancost.budget.state`.

    The worst state, after this charge, of the budgets it counts against.
    """

    OK: Final = "ok"
    """Under every threshold."""

    WARN: Final = "warn"
    """Over a threshold, under the limit."""

    THROTTLE: Final = "throttle"
    """Over a threshold from which calls are slowed down."""

    BREACH: Final = "breach"
    """At the limit or over it."""


class BudgetWindowKind:
    """Values of `spancost.budget.window_kind`.

    The kind of time span the limit counts over.
    """

    DAY: Final = "day"
    """A calendar day in the budget's time zone."""

    MONTH: Final = "month"
    """A calendar month in the budget's time zone."""


class CostSource:
    """Values of `gen_ai.usage.cost.source`.

    Where the amount comes from.
    """

    LOCAL: Final = "local"
    """Computed by spancost from usage and prices."""

    PROVIDER: Final = "provider"
    """Taken from the response of the provider or gateway."""
