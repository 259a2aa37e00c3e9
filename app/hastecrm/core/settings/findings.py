"""What is said about one variable: what is wrong, how to put it right, and how bad it is."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """Whether a finding forbids production or only deserves a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should put right; it never quotes a secret."""

    variable: str
    wrong: str
    fix: str
    level: Level = Level.ERROR

    @property
    def line(self) -> str:
        """The finding in one sentence."""
        return f"{self.variable}: {self.wrong}; fix: {self.fix}"
