"""API keys as JSON."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from hastecrm.core.bodies import BODY, SHOWN, Line, shown, wrong_value
from hastecrm.core.policy import scopes
from hastecrm.features.api_keys.domain import LIFETIME, APIKey, Draft

_SCOPES: Final = scopes()


def _scope(value: str) -> str:
    if value not in _SCOPES:
        raise ValueError(f"must be one of {', '.join(_SCOPES)}")
    return value


Scope = Annotated[str, AfterValidator(_scope), Field(json_schema_extra={"enum": list(_SCOPES)})]


class NewAPIKey(BaseModel):
    """The body of a POST; `expires_at` is a year from now unless it is given, and null for never."""

    model_config = BODY

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    scopes: list[Scope] = Field(min_length=1, max_length=len(_SCOPES))
    expires_at: AwareDatetime | None = None

    def draft(self, now: datetime) -> Draft:
        """Return what is to be made; raises `InvalidInputError` for an end that is past."""
        ends = self.expires_at if "expires_at" in self.model_fields_set else now + LIFETIME
        if ends is not None and ends <= now:
            raise wrong_value("/expires_at", "must be in the future")
        return Draft(self.name, sorted(set(self.scopes)), ends)


class ShownAPIKey(BaseModel):
    """A key as `api_key_json` shows it."""

    model_config = SHOWN

    id: UUID
    user_id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class MadeAPIKey(ShownAPIKey):
    """A new key, with the secret that is shown this once."""

    key: str


class ShownAPIKeys(BaseModel):
    """Some keys, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownAPIKey]
    next: str | None


def api_key_json(key: APIKey) -> dict[str, Any]:
    """Return a key as it is shown to clients."""
    return shown(ShownAPIKey, key)
