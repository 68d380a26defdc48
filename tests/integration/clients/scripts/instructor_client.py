"""Instructor: shapes by tools, by JSON Schema, by Responses, by Anthropic's tools, and piece by piece."""

import anthropic
import instructor
import openai
from pydantic import BaseModel
from reporting import case, main


class Town(BaseModel):
    town: str
    people: int


ASKED = {"messages": [{"role": "user", "content": "Which town?"}], "response_model": Town, "max_retries": 0}


def theirs(url, mode):
    return instructor.from_openai(openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0), mode=mode)


@case
def openai_modes(url, model):
    modes = (instructor.Mode.TOOLS, instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON_SCHEMA)
    return {mode.value: theirs(url, mode).create(model=model, **ASKED).model_dump() for mode in modes}


@case
def responses(url, model):
    return theirs(url, instructor.Mode.RESPONSES_TOOLS).create(model=model, **ASKED).model_dump()


@case
def anthropics(url, model):
    asking = anthropic.Anthropic(base_url=url, api_key="unused", max_retries=0)
    made = instructor.from_anthropic(asking, mode=instructor.Mode.ANTHROPIC_TOOLS)
    return made.create(model=model, max_tokens=999, **ASKED).model_dump()


@case
def partial(url, model):
    return list(theirs(url, instructor.Mode.TOOLS).create_partial(model=model, **ASKED))[-1].model_dump()


if __name__ == "__main__":
    main()
