"""What is kept of a failure: enough for a person to act, and no secret."""

from collections.abc import Callable

from pydantic import ValidationError

from hastecrm.core.masking import mask_patterns

Clean = Callable[[str], str]
_LIMIT = 2000
_CAUSES = 5


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
    # PostgreSQL's text cannot hold NUL.
    return mask_patterns(clean(text)).replace("\0", "�")


def _one(exc: BaseException) -> str:
    if isinstance(exc, ValidationError):  # its own text quotes the values
        problems = exc.errors(include_input=False, include_url=False, include_context=False)
        said = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'payload'}: {each['msg']}" for each in problems
        )
    else:
        said = str(exc)
    return f"{type(exc).__name__}: {said}" if said else type(exc).__name__
