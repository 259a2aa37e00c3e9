"""Accounts as JSON: what comes in is checked here once, what goes out is shaped here."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from hastecrm.core.bodies import BODY, PATCH, SHOWN, EmailAddress, Line
from hastecrm.core.password_rules import LONGEST, SHORTEST
from hastecrm.features.accounts.domain import Me, Place, Session, SignedIn, Tokens, User

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


def _zone(value: str) -> str:
    if not _ZONE.fullmatch(value):
        raise ValueError("must be a time zone such as Europe/Vienna")
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError) as exc:
        raise ValueError("must be a time zone such as Europe/Vienna") from exc
    return value


def _locale(value: str) -> str:
    if not _LOCALE.fullmatch(value):
        raise ValueError("must be a language tag such as en or de-AT")
    return value


# Taken exactly as it was typed, blanks at its ends included.
_SECRET = {"format": "password", "writeOnly": True}
Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1024)]
_NEW = f"At least {SHORTEST} characters, at most {LONGEST}; not among the well-known ones."
NewSecret = Annotated[Secret, Field(description=_NEW, json_schema_extra=_SECRET)]
GivenSecret = Annotated[Secret, Field(json_schema_extra=_SECRET)]
Token = Annotated[Line, Field(min_length=1, max_length=200)]
LinkToken = Annotated[Line, Field(min_length=1, max_length=1000)]
PersonName = Annotated[Line, Field(min_length=1, max_length=200)]
TimeZone = Annotated[Line, Field(max_length=64), AfterValidator(_zone)]
Locale = Annotated[Line, Field(max_length=35), AfterValidator(_locale)]


class SetUp(BaseModel):
    """The first owner."""

    model_config = BODY

    email: EmailAddress
    name: PersonName
    password: NewSecret
    workspace: Annotated[Line, Field(min_length=1, max_length=100)] | None = None


class Register(BaseModel):
    """Someone who was invited: the token of the invitation, and who they want to be."""

    model_config = BODY

    invitation: Token
    name: PersonName
    password: NewSecret


class SignUpAsked(BaseModel):
    """Who wants an account."""

    model_config = BODY

    email: EmailAddress


class SignUp(BaseModel):
    """The token of the link, who they want to be, and what their workspace is called."""

    model_config = BODY

    token: LinkToken
    name: PersonName
    password: NewSecret
    workspace: Annotated[Line, Field(min_length=1, max_length=100)]


class Login(BaseModel):
    """E-mail address and password, and the second factor of those who have one."""

    model_config = BODY

    email: EmailAddress
    password: GivenSecret
    code: Token | None = None
    recovery_code: Token | None = None


class Refresh(BaseModel):
    """A refresh token; it is used up."""

    model_config = BODY

    refresh_token: Token


class Forgotten(BaseModel):
    """Whose password was forgotten."""

    model_config = BODY

    email: EmailAddress


class Reset(BaseModel):
    """The token of the link, and the new password."""

    model_config = BODY

    token: Token
    password: NewSecret


class Verify(BaseModel):
    """The token of the link."""

    model_config = BODY

    token: Token


class MePatch(BaseModel):
    """The body of a PATCH (RFC 7396): absent fields stay."""

    model_config = PATCH

    # The defaults only stand for "absent": `values` returns what was sent and nothing else.
    name: PersonName = ""
    time_zone: TimeZone = ""
    locale: Locale = ""

    def values(self) -> dict[str, str]:
        """Return only the fields that were sent."""
        return self.model_dump(exclude_unset=True)


class PasswordChange(BaseModel):
    """The password of now and the one from now on."""

    model_config = BODY

    current_password: GivenSecret
    new_password: NewSecret


class ShownUser(BaseModel):
    """A person."""

    model_config = SHOWN

    id: UUID
    email: str
    name: str
    time_zone: str
    locale: str
    email_verified: bool


class ShownPlace(BaseModel):
    """A workspace, and one's role in it."""

    model_config = SHOWN

    id: UUID
    name: str
    role: str


class ShownTokens(BaseModel):
    """What to work with: the access token in `Authorization`, the refresh token for new ones."""

    model_config = SHOWN

    access_token: str
    token_type: str
    expires_in: int = Field(ge=1, description="Seconds.")
    refresh_token: str
    workspace: UUID | None


class ShownSignIn(ShownTokens):
    """The tokens, who has been let in, and where they can work."""

    user: ShownUser
    workspaces: list[ShownPlace]


class ShownMe(ShownUser):
    """One's own account."""

    workspace: UUID | None = Field(description="Where this session works.")
    workspaces: list[ShownPlace]


class ShownSession(BaseModel):
    """A device that one is signed in on."""

    model_config = SHOWN

    id: UUID
    device: str
    address: str | None
    created_at: datetime
    last_seen_at: datetime
    current: bool


class ShownSessions(BaseModel):
    """All of them."""

    model_config = SHOWN

    items: list[ShownSession]


class ShownEnded(BaseModel):
    """How many sessions were ended."""

    model_config = SHOWN

    ended: int = Field(ge=0)


def user_json(user: User) -> dict[str, Any]:
    """Return a person as they are shown to themselves."""
    return {
        "id": str(user.id),
        "email": user.email,
        "name": user.name,
        "time_zone": user.time_zone,
        "locale": user.locale,
        "email_verified": user.email_verified_at is not None,
    }


def tokens_json(tokens: Tokens) -> dict[str, Any]:
    """Return tokens as RFC 6749 shapes them."""
    return {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "refresh_token": tokens.refresh_token,
        "workspace": str(tokens.workspace) if tokens.workspace is not None else None,
    }


def sign_in_json(signed_in: SignedIn) -> dict[str, Any]:
    """Return what someone gets who was let in."""
    opened = signed_in.opened
    return {
        **tokens_json(opened.tokens),
        "user": user_json(signed_in.user),
        "workspaces": _places_json(opened.places),
    }


def me_json(me: Me, workspace: UUID | None) -> dict[str, Any]:
    """Return one's own account."""
    return {
        **user_json(me.user),
        "workspace": str(workspace) if workspace is not None else None,
        "workspaces": _places_json(me.places),
    }


def session_json(session: Session, current: UUID | None) -> dict[str, Any]:
    """Return a session."""
    return {
        "id": str(session.id),
        "device": session.device,
        "address": session.address,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "current": session.id == current,
    }


def _places_json(places: Sequence[Place]) -> list[dict[str, str]]:
    return [{"id": str(place.id), "name": place.name, "role": place.role} for place in places]
