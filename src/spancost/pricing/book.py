"""The price book: provider, model, usage and time in, a price or a reason out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.pricing import lookup, names
from spancost.pricing.catalog import bundled
from spancost.pricing.compiler import by_date, compile_rates, unpriced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spancost.calls.usage import Usage
    from spancost.pricing.catalog import Catalog
    from spancost.pricing.compiler import PriceFunction
    from spancost.pricing.overrides import Override
    from spancost.pricing.price import Price

__all__ = ["PriceBook"]

_REMEMBERED = 1024
"""Answers kept in each of two generations, unknown names among them."""


class PriceBook:
    """Prices calls by the user's overrides, then by the catalog.

    Threads share it without a lock, since garbage collection may end other spans in the middle of any allocation, on
    the same thread. What is remembered is only read and replaced whole: at worst two threads compile the same
    function, or a generation is forgotten too early.
    """

    def __init__(self, overrides: tuple[Override, ...] = (), catalog: Catalog | None = None) -> None:
        self._overrides = overrides
        self._catalog = catalog
        self._recent: dict[tuple[str, tuple[str, ...]], PriceFunction] = {}
        self._older: dict[tuple[str, tuple[str, ...]], PriceFunction] = {}

    def price(self, provider: str, models: tuple[str, ...], usage: Usage, at_ns: int) -> Price:
        """Return what the call cost at that time (ns since the epoch); never raises, whatever the names.

        `provider` is as told, a framework's name or empty included; `models` are tried in order, and the first that
        any table knows decides.
        """
        function = self._recent.get((provider, models)) or self._look_up(provider, models)
        return function(usage, at_ns)

    def load(self) -> Catalog:
        """Return the catalog, read from its file on the first use: call this ahead, off the hot path."""
        if self._catalog is None:
            self._catalog = bundled()
        return self._catalog

    def _look_up(self, provider: str, models: tuple[str, ...]) -> PriceFunction:
        """Return the price function from the older generation, or a new one, and remember it."""
        key = (provider, models)
        function = self._older.get(key) or self._resolve(provider, models)
        # Names too long to be looked up are too long to be remembered, too.
        if max(map(len, (provider, *models))) <= names.LONGEST_NAME:
            if len(self._recent) >= _REMEMBERED:
                self._older, self._recent = self._recent, {}
            self._recent[key] = function
        return function

    def _resolve(self, provider: str, models: tuple[str, ...]) -> PriceFunction:
        """Return the price function of a provider and its candidate names.

        Overrides come before the catalog for every candidate: a price the user set for the requested model must not
        lose against the list price of the dated model that answered.
        """
        catalog = self.load()
        if len(provider) > names.LONGEST_NAME:
            return unpriced("unknown_provider", catalog.version)
        known = lookup.canonical(catalog, provider)
        candidates = [
            lookup.payer(catalog, known, names.normal(model))
            for model in models
            if len(model) <= names.LONGEST_NAME and model.strip()
        ]
        function = self._listed(catalog, candidates)
        if function is None:
            reason = "unknown_provider" if known and known not in catalog else "unknown_model"
            function = unpriced(reason, catalog.version)
        if self._overrides:
            told = [names.normal(model) for model in models if len(model) <= names.LONGEST_NAME and model.strip()]
            for name, (payer, model) in reversed(list(zip(told, candidates, strict=True))):
                function = self._overridden(catalog, provider, payer, (name, model), function)
        return function

    def _listed(self, catalog: Catalog, candidates: Sequence[tuple[str, str]]) -> PriceFunction | None:
        """Return the catalog's price function of the first candidate it knows."""
        for payer, model in candidates:
            entry = lookup.find(catalog, payer, model)
            if entry is not None:
                return entry.compile("alias" if names.is_moving(model) else "exact", catalog.version)
        return None

    def _overridden(
        self, catalog: Catalog, provider: str, payer: str, told: tuple[str, str], listed: PriceFunction
    ) -> PriceFunction:
        """Return the price function with the user's prices laid over the listed one.

        The closest wins: a name as it stands on the span before its other spellings and its name without a date, and a
        price for this provider, as told or as who bills, before one for any. `told` is the model as it stands there,
        and as the provider that bills calls it. Before its first `from` an override leaves the call to the next.
        """
        spellings = [*told, *lookup.spellings(catalog, payer, told[1])]
        function = listed
        for spelling in reversed(list(dict.fromkeys([*spellings, *map(names.undated, spellings)]))):
            named = [override for override in self._overrides if override.model == spelling]
            anyone = [override for override in named if not override.provider]
            this = [override for override in named if self._is_of(catalog, override.provider, provider, payer)]
            for history in (anyone, this):
                function = _dated(history, f"{payer}:{spelling}" if payer else spelling, function)
        return function

    def _is_of(self, catalog: Catalog, named: str, told: str, payer: str) -> bool:
        """Tell whether a price is for this provider: named as on the span, or as who bills. No framework bills."""
        if not named:
            return False
        canonical = lookup.canonical(catalog, named)
        return names.normal(named) == names.normal(told) or (canonical != "" and canonical == payer)


def _dated(history: Sequence[Override], model: str, earlier: PriceFunction) -> PriceFunction:
    """Return the price function of one model's overrides by their `from`, and of what holds before the first."""
    starts: list[int] = []
    functions = [earlier]
    for override in sorted(history, key=lambda override: (override.from_ns is not None, override.from_ns or 0)):
        compiled = compile_rates(override.rates, "override", model, "override")
        if override.from_ns is None:
            functions = [compiled]
        else:
            starts.append(override.from_ns)
            functions.append(compiled)
    return by_date(starts, functions)
