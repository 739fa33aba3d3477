"""Every attribute name that counting reads: of a recorded span nothing else need be kept."""

from __future__ import annotations

from typing import Final

from spancost.calls.content import READ_OF
from spancost.calls.dialects import DIALECTS, EMITTERS
from spancost.calls.elsewhere import WHERE
from spancost.calls.guesses import STREAM
from spancost.calls.inside import TOTALS
from spancost.calls.kinds import MARKERS
from spancost.calls.refusals import ERROR_TYPE, RESENT, STATUS_CODE
from spancost.calls.shapes import SPELLINGS
from spancost.calls.who import NAMES

__all__ = ["CALL_NAMES", "JSON_NAMES"]

JSON_NAMES: Final = frozenset[str]().union(
    *((*dialect.texts, *dialect.quoted) for dialect in DIALECTS),
    (name.partition("#")[0] for names in NAMES.values() for name in names if "#" in name),
)
"""Those whose text is JSON that holds counts or names, and so may be long."""

CALL_NAMES: Final = MARKERS.union(
    {ERROR_TYPE, RESENT, STATUS_CODE, STREAM},
    WHERE,
    JSON_NAMES,
    READ_OF,
    TOTALS,
    *(dialect.graphs for dialect in DIALECTS),
    *SPELLINGS.values(),
    (
        name
        for emitter in EMITTERS.values()
        for name in (
            emitter.told_beside,
            emitter.kept_beside,
            emitter.overwrites,
            *emitter.guessed_beside[:1],
            emitter.asked_again_beside,
            emitter.ends_beside,
            emitter.whole_beside,
            *emitter.streams_told_beside,
            *emitter.compactions,
            *emitter.iterations[:1],
            *emitter.sums_turn_without,
        )
        if name
    ),
)
"""Those that say what a span is and what it used; whom it is for is told by the names of a Who."""
