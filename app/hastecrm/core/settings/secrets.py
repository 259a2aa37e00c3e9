"""Which settings are secrets of our own making. No I/O here."""

from typing import Final

from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import LongSecret

_PREVIOUS = "_previous"  # what a key was before its rotation


def _is_key(name: str) -> bool:
    annotation = Settings.model_fields[name].annotation
    # pydantic keeps what LongSecret adds to a plain secret beside the annotation, or inside of it.
    return annotation in (LongSecret, LongSecret | None)


# Keys and tokens: nobody but the CRM's own processes needs to know them.
KEYS: Final = tuple(name for name in Settings.model_fields if _is_key(name))
# Passwords that a server must be told, too.
PASSWORDS: Final = ("database_password", "redis_password")
GENERATED: Final = (*(name for name in KEYS if not name.endswith(_PREVIOUS)), *PASSWORDS)
