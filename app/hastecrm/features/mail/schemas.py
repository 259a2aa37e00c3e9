"""Mails as JSON."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from hastecrm.core.bodies import BODY, SHOWN, Line
from hastecrm.features.mail.domain import BODY_LENGTH, SUBJECT_LENGTH, Draft

Text = Annotated[str, Field(min_length=1, max_length=BODY_LENGTH)]


class MailBody(BaseModel):
    """A mail to a contact: a template, or subject and body; placeholders are filled in either way."""

    model_config = BODY

    template_id: UUID | None = None
    subject: Annotated[Line, Field(min_length=1, max_length=SUBJECT_LENGTH)] | None = None
    body: Text | None = None
    html: Text | None = None
    deal_id: Annotated[UUID | None, Field(description="The deal that it is about.")] = None
    reply_to_id: Annotated[UUID | None, Field(description="The activity of the mail that it answers.")] = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        own = [self.subject, self.body]
        if self.template_id is None and None in own:
            raise ValueError("must have template_id, or subject and body")
        if self.template_id is not None and any(each is not None for each in (*own, self.html)):
            raise ValueError("must have either template_id or a text of its own, not both")
        return self

    def draft(self) -> Draft:
        """Return what is to be sent."""
        text = self.model_dump(include={"subject", "body", "html"}) if self.template_id is None else None
        return Draft(self.template_id, text, self.deal_id, self.reply_to_id)


class ShownMail(BaseModel):
    """A mail as its reader would get it; `empty` names the placeholders without value and substitute."""

    model_config = SHOWN

    to: str | None
    subject: str
    text: str
    html: str | None
    empty: list[str]
