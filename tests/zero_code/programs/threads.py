"""Asks a model on threads of its own, for a team that is said outside of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import spancost
from openai import OpenAI


def ask(number: int) -> None:
    OpenAI(max_retries=0).chat.completions.create(
        model="gpt-5-mini", messages=[{"role": "user", "content": f"What is {number}?"}]
    )


with spancost.attribute(team="search"):
    ask(1)
    thread = threading.Thread(target=ask, args=(2,))
    thread.start()
    thread.join()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, (3, 4)))
