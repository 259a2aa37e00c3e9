"""What is kept of a failure: enough for a person to act, and no secret."""

import re
from collections.abc import Callable

from pydantic import ValidationError

Clean = Callable[[str], str]
_LIMIT = 2000
_CAUSES = 5
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s@/]+@")
_NAMED = re.compile(
    r"((?:password|passwd|secret|token|authorization|cookie|api_?key)[\"']?\s*[:=]\s*)"
    r"(?:(?:Bearer|Basic)\s+)?[\"']?[^\s\"',;&]+",
    re.IGNORECASE,
)


def described(exc: BaseException, clean: Clean) -> str:
    """Return the chain of causes as text of bounded length, with secrets masked."""
    lines: list[str] = []
    current: BaseException | None = exc
    while current is not None and len(lines) < _CAUSES:
        lines.append(_one(current))
        current = current.__cause__
    return masked("\n".join(lines), clean)[:_LIMIT]


def masked(text: str, clean: Clean) -> str:
    """Return the text without known secrets and without what stands beside a telling name."""
    text = _URL_PASSWORD.sub(r"\1***@", clean(text))
    # PostgreSQL's text cannot hold NUL.
    return _NAMED.sub(r"\1***", text).replace("\0", "�")


def _one(exc: BaseException) -> str:
    if isinstance(exc, ValidationError):  # its own text quotes the values
        problems = exc.errors(include_input=False, include_url=False, include_context=False)
        said = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'payload'}: {each['msg']}" for each in problems
        )
    else:
        said = str(exc)
    return f"{type(exc).__name__}: {said}" if said else type(exc).__name__
