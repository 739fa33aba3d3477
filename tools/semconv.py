"""Check the registry of names under semconv/, and generate what is made from it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from semconv_registry import page, python
from semconv_registry.faults import faults
from semconv_registry.model import read

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the command line and return its exit status: 0 good, 1 faults found, 2 wrong usage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["check", "generate"], help="name every fault; or check, then write")
    parser.add_argument("--root", type=Path, default=_ROOT, help="the project's folder")
    options = parser.parse_args()
    root: Path = options.root
    registry = read(root / "semconv" / "model", root / "semconv" / "upstream.yaml")
    if found := faults(registry):
        print(*found, sep="\n", file=sys.stderr)
        return 1
    if options.command == "generate":
        (root / "src" / "spancost" / "semconv.py").write_text(python.render(registry), encoding="utf-8")
        (root / "docs" / "semconv.md").write_text(page.render(registry), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
