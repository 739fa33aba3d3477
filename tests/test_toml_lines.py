"""Lines of a TOML file, for messages: where each table and key stands."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spancost.toml_lines import line_of, lines_of

_TEXT = """\
# limit = 1
attribution.user = ["a"]
[[budget]]
limit = 5
"scope" = "team"

  [[ budget ]]   # the second
scope = "user"
value = \"\"\"
limit = 7
[[budget]]
\"\"\"
limit = 6
[budget.more]
deep = 1
[attribution]
'crm.tier' = [
  "limit = 8",
]
"""


def test_each_table_and_key_has_its_line() -> None:
    """Comments, quotes, blanks, dots and texts of many lines mislead nobody."""
    assert {
        "attribution": 2,
        "attribution.user": 2,
        "budget[0]": 3,
        "budget[0].limit": 4,
        "budget[0].scope": 5,
        "budget[1]": 7,
        "budget[1].scope": 8,
        "budget[1].value": 9,
        "budget[1].limit": 13,
        "budget[1].more": 14,
        "budget[1].more.deep": 15,
        "attribution.crm.tier": 17,
    } == lines_of(_TEXT)


def test_a_key_that_is_not_there_has_the_line_of_its_table() -> None:
    """What is missing is missing somewhere: in the table, or where the array of tables begins."""
    lines = lines_of("\n[[budget]]\nlimit = 5\n")
    assert (3, 2, 2, None) == tuple(
        line_of(key, lines) for key in ("budget[0].limit", "budget[0].window", "budget[0]", "x")
    )
    assert 2 == line_of("price[1].input", lines_of("\nprice = [{model = 'a'}, {model = 'b', input = 'x'}]"))


@given(st.text(alphabet="[]\"'ab.= \n#", max_size=60))
def test_any_text_has_lines_that_it_has(text: str) -> None:
    """Nothing raises, and a number is a line of the text; each table that TOML reads has one."""
    lines = lines_of(text)
    assert all(1 <= number <= text.count("\n") + 1 for number in lines.values())
    try:
        tables = tomllib.loads(text)
    except ValueError:
        return
    assert all(line_of(name, lines) for name in tables if name)


@pytest.mark.parametrize(
    "above",
    [
        '# written as """ by hand',
        'a = \'""" in a literal\'',
        'a = "it\'s # no \\" comment"',
        'a = """x""" # """',
        "a = '''\n\"\"\"\n'''",
    ],
)
def test_quotes_that_begin_no_text_hide_no_line(above: str) -> None:
    """In comments and in other texts quotes are no quotes."""
    text = f"{above}\n[[budget]]\nlimit = 5\n"
    tomllib.loads(text)
    assert text.count("\n") == line_of("budget[0].limit", lines_of(text))
