"""Asks a model once and prints when it had nothing more to do, in monotonic seconds."""

import time

from openai import OpenAI

OpenAI(max_retries=0).chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Quick!"}])
print(time.monotonic())
