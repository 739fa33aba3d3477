"""Laminar, which has one tracer for all that it instruments."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["LAMINAR"]

LAMINAR: Final = Dialect(
    name="laminar",
    markers=frozenset({"lmnr.span.type"}),
    operations={
        # An answer given again while a run is debugged.
        "CACHED": Kind.OTHER,
        "EXECUTOR": Kind.OTHER,
        "HUMAN_EVALUATOR": Kind.OTHER,
        "EVALUATION": Kind.OTHER,
    },
    fields={Field.OPERATION: ("lmnr.span.type",)},
    emitters=(Emitter("lmnr.tracer", recorded="langchain__lmnr__delegate", package="lmnr"),),
)
