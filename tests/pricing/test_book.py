"""The price book under bad names, many names, many threads and a first use."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spancost.calls.usage import Usage
from spancost.pricing import Override, Price, PriceBook
from spancost.pricing.catalog import bundled
from spancost.pricing.rates import Rates

NOON = 1_795_435_200 * 10**9
HOSTILE = [
    "\r\nX: y",
    "\0",
    "a" * 10_000,
    "gpt-5.2" * 2_000,
    "\ud800",
    "🙂" * 200,
    "/",
    "//",
    "models/",
    ":free",
    "-" * 512,
]


def test_a_price_says_everything() -> None:
    """Amount, status, entry and version of the table come together, and no reason."""
    answer = PriceBook().price("openai", ("gpt-5.2-2025-12-11", "gpt-5.2"), Usage(1000, 500), NOON)
    assert Price(8_750_000_000, "exact", "openai:gpt-5.2", bundled().version, "") == answer


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("provider", ["", "openai", "openrouter", "vllm"])
def test_a_hostile_model_is_unknown(provider: str, name: str) -> None:
    """Control characters, halves of characters and endless names are models nobody knows."""
    reason = "unknown_provider" if provider == "vllm" else "unknown_model"
    assert reason == PriceBook().price(provider, (name,), Usage(1, 1), NOON).reason


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_provider_is_unknown(name: str) -> None:
    """The same as a provider."""
    assert "unknown_provider" == PriceBook().price(name, ("gpt-5.2",), Usage(1, 1), NOON).reason


@settings(max_examples=300, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3), st.lists(st.integers(), min_size=9, max_size=9), st.integers())
def test_nothing_raises(provider: str, models: list[str], counts: list[int], at_ns: int) -> None:
    """Whatever the names, counts and time, there is a whole price or a reason, never both and never neither."""
    answer = BOOK.price(provider, tuple(models), Usage(*counts), at_ns)
    assert (answer.amount is None) == (answer.status == "unpriced")
    assert (answer.status in ("unpriced", "partial")) == bool(answer.reason)


BOOK = PriceBook((Override("m", Rates(1, 2)),))


def test_a_long_name_does_not_hide_the_next() -> None:
    """A candidate too long to look up is passed over."""
    assert "openai:gpt-5.2" == PriceBook().price("openai", ("x" * 10_000, "gpt-5.2"), Usage(1), NOON).model


def test_answers_are_remembered_and_forgotten() -> None:
    """A hundred thousand names nobody knows leave no more behind than two generations of a thousand."""
    book = PriceBook()
    book.price("openai", ("gpt-5.2",), Usage(1), NOON)

    def flood(kind: str, count: int) -> int:
        for number in range(count):
            book.price("openai", (f"{kind}-{number}",), Usage(1), NOON)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        few, many = flood("few", 3_000), flood("many", 20_000)
    finally:
        tracemalloc.stop()
    assert many - few < 100_000
    assert "openai:gpt-5.2" == book.price("openai", ("gpt-5.2",), Usage(1), NOON).model


def test_threads_get_the_same_answers() -> None:
    """Eight threads that share a new book, and make it forget, all get the one right amount."""
    book = PriceBook()
    wrong: list[Price] = []

    def work(number: int) -> None:
        for turn in range(1_500):
            answer = book.price("openai", ("gpt-5.2", f"{number}-{turn}"), Usage(1000, 500), NOON)
            if answer.amount != 8_750_000_000:
                wrong.append(answer)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong


def test_no_lock_is_held_while_prices_are_looked_up() -> None:
    """A price asked for by the garbage collector in the middle of another look-up is answered, on the same thread."""
    book = PriceBook()
    answers: list[int | None] = []

    class Ended:
        """A span that ends when it is collected."""

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            answers.append(book.price("openai", ("gpt-5.2",), Usage(1000, 500), NOON).amount)

    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for number in range(50):
            Ended()
            book.price("openai", (f"gpt-4o-{number}",), Usage(1), NOON)
    finally:
        gc.set_threshold(*thresholds)
    gc.collect()
    assert [8_750_000_000] * 50 == answers


def test_importing_reads_no_file_and_the_first_price_does() -> None:
    """The snapshot is opened by the first price, not by the import and not by making a book."""
    program = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "from spancost.calls.usage import Usage\n"
        "from spancost.pricing import PriceBook\n"
        "book = PriceBook()\n"
        "before = [name for name in opened if 'prices.json' in name]\n"
        "book.price('openai', ('gpt-5.2',), Usage(1), 0)\n"
        "after = [name for name in opened if 'prices.json' in name]\n"
        "print(len(before), len(after), 'genai_prices' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "0 1 False\n" == run.stdout
