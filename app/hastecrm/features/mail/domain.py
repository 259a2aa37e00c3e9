"""What a mail template is, and how its placeholders are found and filled in. Nothing is executed; no I/O."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from uuid import UUID

from hastecrm.core.bodies import wrong_value
from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Record, Type, Values

SUBJECT_LENGTH: Final = 200
BODY_LENGTH: Final = 20_000
# What is written of a mail, and may have placeholders.
WRITTEN: Final = ("subject", "body", "html")
_BRACES: Final = re.compile(r"\{\{([^{}]*)\}\}")
_INSIDE: Final = re.compile(r"\s*([a-z]+)\.((?:custom\.)?[a-z][a-z0-9_]*)\s*(?:\|\s*(.*?)\s*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail before its placeholders are filled in: that of a template, or one written for the occasion."""

    template: UUID | None = None
    text: Values | None = None
    deal: UUID | None = None
    answers: UUID | None = None  # the activity of the mail that this one answers


@dataclass(frozen=True, slots=True)
class Written:
    """A mail as its reader gets it; `empty` names the placeholders that have neither value nor substitute."""

    to: str | None
    subject: str
    text: str
    html: str | None
    empty: Sequence[str]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A field of somebody, such as `contact.first_name`, and what stands there when it is empty."""

    whose: str
    field: str
    otherwise: str = ""

    @property
    def name(self) -> str:
        """What it is called in a template."""
        return f"{self.whose}.{self.field}"


def placeholders(text: str) -> Iterator[Placeholder]:
    """Yield the placeholders of a text; raises ValueError for braces that are none."""
    for found in _BRACES.finditer(text):
        yield _read(found[1])
    rest = _BRACES.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise ValueError("has {{ or }} that belongs to no placeholder such as {{contact.first_name}}")


def written(draft: Values, values: Mapping[str, str], to: str | None) -> Written:
    """Return a draft with its placeholders, which were checked, filled in; values are not looked into."""
    html = draft.get("html")
    named = {each for name in WRITTEN for each in placeholders(draft.get(name) or "")}
    return Written(
        to,
        " ".join(_filled(draft["subject"], values).split())[:SUBJECT_LENGTH],
        _filled(draft["body"], values),
        cleaned(_filled(html, values, escape)) if html else None,
        sorted({each.name for each in named if not (values.get(each.name) or each.otherwise)}),
    )


def _filled(text: str, values: Mapping[str, str], safe: Callable[[str], str] = str) -> str:
    def value(found: re.Match[str]) -> str:
        placeholder = _read(found[1])
        return safe(values.get(placeholder.name) or placeholder.otherwise)

    return _BRACES.sub(value, text)


def _read(inside: str) -> Placeholder:
    if (parts := _INSIDE.fullmatch(inside)) is None:
        raise ValueError(
            f"has {{{{{inside[:60]}}}}}, which is not of the form {{{{contact.first_name | there}}}}"
        )
    return Placeholder(parts[1], parts[2], parts[3] or "")


def prepare(_before: Record | None, values: Values) -> Values:
    """Take out of HTML what no mail needs; raises `InvalidInputError` where that makes it too long."""
    if not values.get("html"):
        return values
    html = cleaned(values["html"])
    if len(html) > BODY_LENGTH:
        raise wrong_value("/html", f"must have at most {BODY_LENGTH:,} characters once it is cleaned")
    return {**values, "html": html}


def cleaned(html: str) -> str:
    """Return HTML without scripts, styles of pages, forms and whatever else no mail needs."""
    import nh3  # noqa: PLC0415 - most processes never need it

    return nh3.clean(html, url_schemes={"http", "https", "mailto", "tel"})


MAIL_TEMPLATE: Final = Kind(
    "mail_template",
    "mail_templates",
    Resource.MAIL_TEMPLATE,
    "A mail that is written once and sent to many, each with their own name in it.",
    [
        Field("name", Type.TEXT, "What it is called here.", "First offer", required=True, length=100),
        Field("subject", Type.TEXT, "The subject, with placeholders.", "An offer for {{contact.company}}",
              required=True, length=SUBJECT_LENGTH),
        Field("body", Type.LONG_TEXT, "The text, with placeholders.", "Dear {{contact.first_name | reader}},",
              required=True, length=BODY_LENGTH),
        Field("html", Type.LONG_TEXT, "The same as HTML; it is cleaned when it is stored.",
              "<p>Dear {{contact.first_name | reader}},</p>", length=BODY_LENGTH),
    ],
    {},
    sortable=("created_at", "name"),
    owned=False,
    tagged=False,
    custom=False,
    trashed=False,
    prepare=prepare,
)  # fmt: skip
