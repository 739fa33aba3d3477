"""The registry's checker: each rule names the fault it is for, and a registry with a fault generates nothing."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from semconv_registry.faults import faults
from semconv_registry.model import read

_TOOL = Path(__file__).resolve().parents[2] / "tools" / "semconv.py"

_MODEL = """\
file_format: definition/2
attribute_groups:
  - id: group.who
    visibility: internal
    attributes:
      - {ref: user.id, requirement_level: opt_in}
attributes:
  - key: spancost.cost.direct
    type: double
    brief: The direct cost.
    stability: development
    examples: [0.5]
  - key: spancost.owner.kind
    type:
      members:
        - {id: agent, value: agent, brief: An agent., stability: development}
    brief: The kind.
    stability: development
  - key: gen_ai.usage.cost.amount
    type: double
    brief: The amount.
    stability: development
metrics:
  - name: spancost.calls
    instrument: counter
    unit: "{call}"
    brief: The calls.
    stability: development
    annotations: {code_generation: {metric_value_type: int}}
    attributes:
      - ref_group: group.who
      - {ref: spancost.owner.kind, requirement_level: required}
events:
  - name: spancost.budget.breach
    brief: The breach.
    stability: development
    attributes:
      - ref: spancost.cost.direct
        requirement_level: {conditionally_required: If known.}
spans:
  - type: spancost.charge
    kind: client
    name: {note: As it was.}
    brief: The charge.
    stability: development
    attributes:
      - {ref: gen_ai.usage.cost.amount, requirement_level: required}
"""

_UPSTREAM = """\
proposed:
  - name: gen_ai.usage.cost.amount
    source: https://github.com/open-telemetry/semantic-conventions-genai/pull/443
attributes:
  - key: user.id
    type: string
    brief: The user.
    source: https://github.com/open-telemetry/semantic-conventions
"""

_SECOND_METRIC = """\
metrics:
  - name: {name}
    instrument: gauge
    unit: s
    brief: Another metric.
    stability: development
    annotations: {{code_generation: {{metric_value_type: double}}}}
"""
_SECOND_EVENT = """\
events:
  - name: {name}
    brief: Another event.
    stability: development
"""
_SECOND_ATTRIBUTE = """\
attributes:
  - key: {name}
    type: int
    brief: Another attribute.
    stability: development
"""

Planted: TypeAlias = Callable[[str, str], list[str]]


def _lay(root: Path, model: str, upstream: str) -> Path:
    (root / "semconv" / "model" / "spancost").mkdir(parents=True)
    (root / "src" / "spancost").mkdir(parents=True)
    (root / "docs").mkdir()
    (root / "semconv" / "model" / "manifest.yaml").write_text("schema_url: https://spancost.example/schemas/1.0.0\n")
    (root / "semconv" / "model" / "spancost" / "all.yaml").write_text(model)
    (root / "semconv" / "upstream.yaml").write_text(upstream)
    return root


def _faults(root: Path) -> list[str]:
    return faults(read(root / "semconv" / "model", root / "semconv" / "upstream.yaml"))


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    """Return what replaces a text of the sound registry, once, and gives the faults then found."""

    def plant(old: str, new: str) -> list[str]:
        assert 1 == (_MODEL + _UPSTREAM).count(old), f"the registry of this test has not one {old!r}"
        return _faults(_lay(tmp_path, _MODEL.replace(old, new), _UPSTREAM.replace(old, new)))

    return plant


def _run(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, str(_TOOL), command, "--root", str(root)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_a_sound_registry_has_no_fault(tmp_path: Path) -> None:
    """What the other tests break is whole before."""
    assert [] == _faults(_lay(tmp_path, _MODEL, _UPSTREAM))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        # Reading
        ("\nspans:", "\nspams:", "all.yaml: unknown section `spams`"),
        ("    examples: [0.5]", "    exmples: [0.5]", "spancost.cost.direct: unknown key `exmples`"),
        ("brief: An agent., ", "breif: An agent., ", "spancost.owner.kind: unknown key `breif`"),
        ("ref: spancost.cost.direct\n", "reff: spancost.cost.direct\n", "spancost.budget.breach: unknown key `reff`"),
        ("ref_group: group.who", "ref_group: group.whom", "spancost.calls: there is no attribute group `group.whom`"),
        ("      - ref_group: group.who\n", "", "group.who: no signal includes this group"),
        # Names
        ("key: spancost.owner.kind", "key: spancost.owner.Kind", "spancost.owner.Kind: misspelt attribute"),
        (
            "key: spancost.cost.direct",
            "key: acme.cost.direct",
            "acme.cost.direct: this attribute is outside spancost.*",
        ),
        ("name: spancost.calls", "name: acme.calls", "acme.calls: this metric is outside spancost.*"),
        ("name: spancost.budget.breach", "name: acme.breach", "acme.breach: this event is outside spancost.*"),
        ("type: spancost.charge", "type: acme.charge", "acme.charge: this span is outside spancost.*"),
        # The allow-list
        (
            "    source: https://github.com/open-telemetry/semantic-conventions\n",
            "",
            "user.id: say in upstream.yaml which",
        ),
        ("    type: string\n", "", "user.id: no known type in upstream.yaml"),
        ("    brief: The user.\n", "", "user.id: no brief in upstream.yaml"),
        (
            "    source: https://github.com/open-telemetry/semantic-conventions-genai/pull/443\n",
            "",
            "gen_ai.usage.cost.amount: say in upstream.yaml where it is proposed",
        ),
        (
            "proposed:\n",
            "proposed:\n  - {name: gen_ai.usage.cost.unit, source: nowhere}\n",
            "gen_ai.usage.cost.unit: allowed as proposed and defined nowhere",
        ),
        (
            "  - key: user.id\n",
            "  - {key: spancost.cost.direct, type: double, brief: Ours., source: nowhere}\n  - key: user.id\n",
            "spancost.cost.direct: defined here and allowed as upstream's",
        ),
        # References
        (
            "- ref: spancost.cost.direct",
            "- ref: spancost.cost.indirect",
            "spancost.budget.breach: refers to spancost.cost.indirect, which is not defined",
        ),
        (
            "- ref: spancost.cost.direct",
            "- ref: spancost.owner.kind",
            "spancost.cost.direct: no signal refers to this attribute",
        ),
        ("- {ref: user.id, ", "- {ref: spancost.cost.direct, ", "user.id: no signal refers to this attribute"),
        (
            "      - ref_group: group.who\n",
            "      - ref_group: group.who\n      - {ref: user.id, requirement_level: required}\n",
            "spancost.calls: refers to user.id 2 times",
        ),
        (
            "requirement_level: opt_in",
            "requirement_level: perhaps",
            "spancost.calls: no known requirement level for user.id",
        ),
        (
            "{conditionally_required: If known.}",
            "conditionally_required",
            "spancost.budget.breach: say under which condition spancost.cost.direct is required",
        ),
        # Definitions
        ("    brief: The direct cost.\n", "", "spancost.cost.direct: no brief"),
        ("    brief: The calls.\n", "", "spancost.calls: no brief"),
        ("    brief: The breach.\n", "", "spancost.budget.breach: no brief"),
        ("    brief: The charge.\n", "", "spancost.charge: no brief"),
        ("brief: An agent., ", "", "spancost.owner.kind=agent: no brief"),
        ("brief: The kind.", f"brief: {'long ' * 30}", "spancost.owner.kind: the brief is over 100 characters"),
        ("brief: The kind.\n    stability: development", "brief: The kind.", "spancost.owner.kind: no known stability"),
        (
            "The kind.\n    stability: development",
            "The kind.\n    stability: new",
            "spancost.owner.kind: no known stability",
        ),
        ("The calls.\n    stability: development", "The calls.", "spancost.calls: no known stability"),
        ("    type: double\n    brief: The direct", "    brief: The direct", "spancost.cost.direct: no known type"),
        (
            "type: double\n    brief: The direct",
            "type: money\n    brief: The direct",
            "spancost.cost.direct: no known type",
        ),
        (
            "        - {id: agent, value: agent, brief: An agent., stability: development}\n",
            "        []\n",
            "spancost.owner.kind: an enumeration without members",
        ),
        ("kind: client", "kind: inner", "spancost.charge: no known span kind"),
        ("instrument: counter", "instrument: meter", "spancost.calls: no known instrument"),
        ('    unit: "{call}"\n', "", "spancost.calls: `` is no unit"),
        ('"{call}"', "USD", "spancost.calls: `USD` is no unit"),
        ('"{call}"', '"1"', "spancost.calls: `1` is no unit"),
        ("{metric_value_type: int}", "{}", "spancost.calls: say int or double"),
        ("metric_value_type: int", "metric_value_type: float", "spancost.calls: say int or double"),
        (
            "name: spancost.calls",
            "name: spancost.calls_total",
            "spancost.calls_total: a counter's name does not end in total",
        ),
        (
            "name: spancost.calls",
            "name: spancost.calls.total",
            "spancost.calls.total: a counter's name does not end in total",
        ),
    ],
)
def test_a_planted_fault_is_named(planted: Planted, old: str, new: str, fault: str) -> None:
    """Each rule says where the fault is and what it is."""
    assert [fault] == [found[: len(fault)] for found in planted(old, new) if found.startswith(fault)]


@pytest.mark.parametrize(
    ("second", "name", "fault"),
    [
        (
            _SECOND_ATTRIBUTE,
            "spancost.cost",
            "spancost.cost: this attribute is also the prefix of spancost.cost.direct",
        ),
        (_SECOND_ATTRIBUTE, "spancost.user", None),
        (
            _SECOND_ATTRIBUTE,
            "gen_ai.usage",
            "gen_ai.usage: this attribute is also the prefix of gen_ai.usage.cost.amount",
        ),
        (
            _SECOND_METRIC,
            "spancost.calls.late",
            "spancost.calls: this metric is also the prefix of spancost.calls.late",
        ),
        (_SECOND_METRIC, "spancost.cost", None),
        (_SECOND_EVENT, "spancost.budget", "spancost.budget: this event is also the prefix of spancost.budget.breach"),
        (_SECOND_EVENT, "spancost.calls", None),
        (_SECOND_ATTRIBUTE, "spancost.cost.direct", "spancost.cost.direct: this attribute is defined 2 times"),
        (_SECOND_METRIC, "spancost.calls", "spancost.calls: this metric is defined 2 times"),
        (_SECOND_EVENT, "spancost.budget.breach", "spancost.budget.breach: this event is defined 2 times"),
        (
            _SECOND_ATTRIBUTE,
            "spancost.cost_direct",
            "spancost.cost.direct and spancost.cost_direct: both would be COST_DIRECT in Python",
        ),
    ],
)
def test_two_names_that_clash_are_named(tmp_path: Path, second: str, name: str, fault: str | None) -> None:
    """Attributes, metrics and events are three namespaces: within one a leaf is no prefix, and none is there twice."""
    root = _lay(tmp_path, _MODEL, _UPSTREAM)
    text = "file_format: definition/2\n" + second.format(name=name)
    (root / "semconv" / "model" / "spancost" / "second.yaml").write_text(text)
    clashes = [found for found in _faults(root) if any(word in found for word in ("prefix", "times", "both"))]
    if fault is None:
        assert [] == clashes
    else:
        assert [fault] == [clash[: len(fault)] for clash in clashes]


def test_a_file_in_another_syntax_is_refused(planted: Planted) -> None:
    """The reader does not guess what an unmarked file means."""
    with pytest.raises(ValueError, match=r"all\.yaml: begin it with `file_format: definition/2`"):
        planted("file_format: definition/2\n", "")


def test_generate_writes_the_constants_and_the_page(tmp_path: Path) -> None:
    """One command makes both files from the registry, and the module can be imported."""
    root = _lay(tmp_path, _MODEL, _UPSTREAM)
    run = _run("generate", root)
    assert (0, "") == (run.returncode, run.stderr)
    module = runpy.run_path(str(root / "src" / "spancost" / "semconv.py"))
    assert "spancost.cost.direct" == module["COST_DIRECT"]
    assert "`spancost.cost.direct`" in (root / "docs" / "semconv.md").read_text()


def test_check_writes_nothing(tmp_path: Path) -> None:
    """A sound registry passes the check silently."""
    root = _lay(tmp_path, _MODEL, _UPSTREAM)
    run = _run("check", root)
    assert (0, "", "") == (run.returncode, run.stdout, run.stderr)
    assert [] == [*(root / "src" / "spancost").iterdir(), *(root / "docs").iterdir()]


@pytest.mark.parametrize("command", ["check", "generate"])
def test_a_registry_with_faults_generates_nothing(tmp_path: Path, command: str) -> None:
    """Every fault is on stderr, the status is 1 and no file is written."""
    faulty = _MODEL.replace("instrument: counter", "instrument: meter").replace('"{call}"', "USD")
    root = _lay(tmp_path, faulty, _UPSTREAM)
    run = _run(command, root)
    assert (1, "", 2) == (run.returncode, run.stdout, len(run.stderr.splitlines()))
    assert "spancost.calls: no known instrument" in run.stderr
    assert [] == [*(root / "src" / "spancost").iterdir(), *(root / "docs").iterdir()]
