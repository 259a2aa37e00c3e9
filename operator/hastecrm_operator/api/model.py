"""How every model of the spec behaves: frozen, camelCase outside, and a typo is an error."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A frozen part of the spec; an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Observed(BaseModel):
    """A frozen part of what others write; what we do not know is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


def rule(expression: str, message: str, **more: str) -> dict[str, str]:
    """Return one validation rule in CEL, the API server's own language, with the sentence it answers."""
    return {"rule": expression, "message": message, **more}


def rules(*of: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return schema extras that carry these rules."""
    return {"x-kubernetes-validations": list(of), **more}
