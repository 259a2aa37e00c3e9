"""What people type into forms, and how it comes back with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from hastecrm.core.http import read_body
from hastecrm.web.api_client import Refusal


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: what was typed, what became of it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    done: bool = False

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows it."""
        return self.refusal.status if self.refusal is not None else 200


async def form_values(request: web.Request) -> Mapping[str, str]:
    """Return the text fields of a form."""
    await read_body(request)
    form = await request.post()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def picked(typed: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the fields that were filled in, of those that are asked for."""
    return {name: typed[name] for name in names if typed.get(name)}
