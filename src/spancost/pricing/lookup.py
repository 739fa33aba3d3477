"""Which entry of the catalog a told provider and a told model mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.pricing import names

if TYPE_CHECKING:
    from spancost.pricing.catalog import Catalog, Entry

__all__ = ["canonical", "find", "payer", "spellings"]


def canonical(catalog: Catalog, told: str) -> str:
    """Return the catalog's id of a provider; one it doesn't know stays as told, a framework or an address is empty."""
    provider = names.provider_name(told)
    return catalog.provider_id(provider) or ("" if names.is_address(provider) else provider)


def payer(catalog: Catalog, provider: str, model: str) -> tuple[str, str]:
    """Return who bills for a model, and the model's name there; the provider is empty if nothing says.

    A canonical provider stands. Without one the model's name must tell: `vendor/model` where the vendor is a provider
    of the catalog (as LiteLLM writes it), else a name that only one vendor's models have.
    """
    if provider:
        return provider, model
    vendor, slash, rest = model.partition("/")
    if slash and rest and (named := names.provider_name(vendor)) in catalog:
        return named, rest
    for spelling in names.spellings(model):
        named = catalog.provider_of_model(spelling) or names.vendor_of(spelling)
        if named:
            return named, spelling
    return "", model


def spellings(catalog: Catalog, provider: str, model: str) -> list[str]:
    """Return the ways a model may stand in a provider's table, with and without the provider's own prefix."""
    ways: list[str] = []
    for spelling in names.spellings(model):
        ways.append(spelling)
        vendor, slash, rest = spelling.partition("/")
        if slash and rest and canonical(catalog, vendor) == provider:
            ways.append(rest)
    return ways


def find(catalog: Catalog, provider: str, model: str) -> Entry | None:
    """Return the entry of a model in a provider's table."""
    if provider not in catalog:
        return None
    found = (catalog.find(provider, spelling) for spelling in spellings(catalog, provider, model))
    return next((entry for entry in found if entry is not None), None)
