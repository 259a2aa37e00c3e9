"""What a code of the catalogue says; `codes` holds the catalogue. No I/O here."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Entry:
    """What a code means to a client: status, title, what to do, and whether trying again may help."""

    status: int
    title: str
    advice: str = ""
    retryable: bool = False


class Described(Enum):
    """Codes whose value is an `Entry`; each member answers for its own."""

    _value_: Entry

    @property
    def status(self) -> int:
        """The HTTP status this code is sent with, unless the raise site knows a closer one."""
        return self.value.status

    @property
    def title(self) -> str:
        """The sentence that is the same for every occurrence of this code."""
        return self.value.title

    @property
    def advice(self) -> str:
        """What a client, or whoever runs the CRM, can do about it."""
        return self.value.advice

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.value.retryable
