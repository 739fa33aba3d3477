"""Owners as text: a line each, children under their parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.money import format_usd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spancost.owners import Branch

__all__ = ["render", "shown"]

_LONGEST: Final = 120
"""Characters printed of a name."""

_DEEPEST: Final = 24
"""Levels that are indented; of a deeper one the line says which it is, or each would be longer than the one before."""


def render(roots: Iterable[Branch]) -> str:
    """Return trees as text, a line an owner, children under their parents.

    An owner without owners below it shows its total alone: all of it is direct.
    """
    lines: list[str] = []
    stack: list[tuple[Branch, str, str, int, int]] = [(root, "", "", 0, 0) for root in reversed(list(roots))]
    while stack:
        branch, head, indent, width, level = stack.pop()
        lines.append(f"{head}{_line(branch, width)}")
        children = branch.children
        # Amounts of siblings stand in one column where none has anything below it.
        flat = not any(child.children for child in children)
        column = max((len(shown(child.name)) for child in children), default=0) if flat else 0
        level += 1
        if level > _DEEPEST:
            stack.extend((child, f"{indent}[{level}] ", indent, column, level) for child in reversed(children))
            continue
        last = children[-1] if children else None
        stack.extend(
            (
                child,
                indent + ("└── " if child is last else "├── "),
                indent + ("    " if child is last else "│   "),
                column,
                level,
            )
            for child in reversed(children)
        )
    return "\n".join(lines)


def _line(branch: Branch, width: int) -> str:
    name = shown(branch.name)
    if branch.children:
        text = f"{name}  {format_usd(branch.total)}  (direct {format_usd(branch.direct)})"
    else:
        text = f"{name:{width}}  {format_usd(branch.total)}"
    told = ((branch.partial, "partial"), (branch.unpriced, "unpriced"))
    notes = ", ".join(f"{count} {what}" for count, what in told if count)
    return f"{text}  [{notes}]" if notes else text


def shown(name: str) -> str:
    """Return a name as it can be printed: on one line, and no longer than is of use."""
    # A name may come from anywhere: it must neither forge a line nor move the cursor.
    text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name[:_LONGEST])
    return text if len(name) <= _LONGEST else f"{text}…"
