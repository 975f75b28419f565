"""Has a model choose among functions, the server's or the client's own: held to a schema, without chance."""

from collections.abc import Mapping

from msgspec.structs import replace

from llm.asking import Ask
from llm.making import Maker
from llm.structured import Structured, structured
from llm.tools.choosing import Call, Described, question, schema
from streaming.parts import Sampling


async def chosen(
    maker: Maker, ask: Ask, tools: Mapping[str, Described], tokens: int, *, must: bool = False
) -> Structured[Call]:
    """Which of `tools` helps to answer `ask`, or none unless it `must` be one, in about `tokens`.

    Raises:
        ServiceFault: `llm_*` of `llm.structured`.
    """
    asked = replace(
        ask,
        messages=question(tools, ask.messages, must=must),
        max_tokens=tokens,
        temperature=0.0,
        schema=schema(tools, must=must),
        grounds="",
        sampling=Sampling(model=ask.sampling.model),
    )
    return await structured(maker, asked, Call)
