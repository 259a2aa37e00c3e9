"""Mailboxes as JSON, beside what all records have."""

from typing import Annotated

from pydantic import BaseModel, Field

from hastecrm.core.bodies import BODY, Line


class PasswordBody(BaseModel):
    """The password of a mail account; it is stored sealed and never shown."""

    model_config = {**BODY, "str_strip_whitespace": False}

    password: Annotated[Line, Field(min_length=1, max_length=500)]
