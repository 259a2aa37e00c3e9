"""The parts of a restore."""

from enum import StrEnum


class Work(StrEnum):
    """What one Job does; a part of its name, with six letters at most."""

    CHECK = "check"
    LOAD = "load"
    VERIFY = "verify"
    ANONYMISE = "mask"
    SWAP = "swap"
    UNDO = "undo"
    CLEAN = "clean"
    """Drops what was restored and is not in use."""
    FORGET = "forget"
    """Drops what was replaced."""
    FORGET_UNDONE = "undone"
    """Drops what was restored, used, and taken back."""
