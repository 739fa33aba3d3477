"""The spans that Mistral's own SDK writes, by the conventions; its versions before 2 had a spelling of their own."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Layer

__all__ = ["MISTRAL"]

MISTRAL: Final = Dialect(
    name="mistral",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(
        Emitter(
            "mistralai_sdk_tracer",
            Layer.CLIENT,
            # Its version 1 does.
            forgets_cache=True,
            recorded="mistral__native__calls",
            also=("mistral__tlmistral__calls",),
            package="mistralai",
        ),
    ),
)
