"""What is asked of a model, and what it wrote, as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from hastecrm.core.bodies import BODY, SHOWN


class ReplyBody(BaseModel):
    """What the draft should do."""

    model_config = BODY

    instructions: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="In your own words.", examples=["Offer a call next week."]
    )


class ShownGenerated(BaseModel):
    """What a model wrote: check it before you use it."""

    model_config = SHOWN

    text: str
    model: str = Field(description="Who wrote it.")
    generated: Literal[True] = Field(description="It was written by a model.")
