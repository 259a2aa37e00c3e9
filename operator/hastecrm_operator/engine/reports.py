"""What the programs in the image leave in their termination messages, as values. Pure."""

from typing import TypeVar

from pydantic import ValidationError

from hastecrm_operator.api.model import Observed

T = TypeVar("T", bound=Observed)


def parsed(model: type[T], words: str) -> T | None:
    """Return what a termination message says; None if it is no such report."""
    try:
        return model.model_validate_json(words)
    except ValidationError:
        return None
