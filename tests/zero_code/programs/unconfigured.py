"""Has spancost and no OpenTelemetry set up: one call is reported by hand, the other by nobody."""

from openai import OpenAI

import spancost

spancost.install()

client = OpenAI(max_retries=0)
for question in ("Who counts this?", "And this?"):
    reply = client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": question}])
    print(reply.id)

usage = reply.usage
spancost.record_call(
    provider="openai",
    model=reply.model,
    usage={
        "input": usage.prompt_tokens,
        "output": usage.completion_tokens,
        "reasoning": usage.completion_tokens_details.reasoning_tokens,
    },
    response_id=reply.id,
)
print(spancost.current_cost())
