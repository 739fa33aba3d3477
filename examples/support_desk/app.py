"""A support desk: a plain client sorts a letter, and agents of another framework answer it.

SUPPORT_DESK_KEY=... python app.py "Order 1001 arrived broken."

The key is OpenAI's under a name of its own: under the usual one the agents SDK would send its traces to OpenAI too.
"""

from __future__ import annotations

import asyncio
import os
import sys

from agents import Agent, RunConfig, Runner, function_tool, handoff, set_default_openai_client
from agents.extensions.handoff_filters import remove_all_tools
from openai import AsyncOpenAI

LETTER = "Order 1001 arrived broken. I would like my money back."
ORDERS = {"1001": "one lamp, 49 USD, paid by card, delivered three days ago, carrier reports a dented box"}

client = AsyncOpenAI(api_key=os.environ["SUPPORT_DESK_KEY"])
set_default_openai_client(client, use_for_tracing=False)


@function_tool
async def summarize_order(order: str) -> str:
    """Summarize what is known of an order."""
    facts = ORDERS.get(order, "no such order")
    return await ask("You are order_summary. Put the facts of an order into one sentence.", facts)


@function_tool
def issue_refund(order: str, amount_usd: float) -> str:
    """Give the money for an order back."""
    return f"{amount_usd:.2f} USD go back for order {order}."


policy_agent = Agent(
    name="policy_agent",
    model="gpt-5-mini",
    instructions="You are policy_agent. We take anything back for 30 days. Answer in one sentence.",
)
refund_agent = Agent(
    name="refund_agent",
    model="gpt-5-mini",
    instructions="You are refund_agent. Issue the refund that the customer asks for and confirm it.",
    tools=[issue_refund],
)
support_agent = Agent(
    name="support_agent",
    model="gpt-5.2",
    instructions="You are support_agent. Ask for our policy and look at the order, if there is one, both at once; "
    "then answer, or hand a refund over.",
    tools=[
        summarize_order,
        policy_agent.as_tool("ask_for_policy", "Ask what our policy says."),
    ],
    handoffs=[handoff(refund_agent, input_filter=remove_all_tools)],
)


async def ask(instructions: str, text: str) -> str:
    """Ask a small model directly, without any agent."""
    reply = await client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "system", "content": instructions}, {"role": "user", "content": text}],
    )
    return reply.choices[0].message.content or ""


async def main() -> None:
    """Sort the letter on the command line and have it answered."""
    letter = " ".join(sys.argv[1:]) or LETTER
    print("Letter:", letter)
    print("Sorted under:", await ask("You are mail_sorter. Say in one word what a letter is about.", letter))
    result = await Runner.run(support_agent, letter, run_config=RunConfig(workflow_name="support desk"))
    print(f"Answer of {result.last_agent.name}: {result.final_output}")


if __name__ == "__main__":
    asyncio.run(main())
