"""What a reason is: a word that never changes its meaning, with what it means and the way out."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """Why something is as it is; machines compare the word, people read `meaning` and `fix`.

    To add one: give it a line in the file of its subject, and use the member where it is raised or judged.
    """

    meaning: str
    fix: str

    def __new__(cls, word: str, meaning: str, fix: str = "") -> Self:
        """Return the member for a word; without a fix there is nothing to do."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        member.fix = fix
        return member

    @property
    def passes(self) -> bool:
        """Whether nobody has to do anything about it."""
        return not self.fix or self.fix.startswith("Wait")
