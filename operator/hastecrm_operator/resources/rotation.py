"""How far the rotation of a generated Secret is, and what its values are then. Pure; no value is kept here.

Each value has one other that is accepted beside it: the next one before the switch, the previous one after.
So a switch is an exchange, and whoever reads the Secret late or early is let in all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hastecrm_operator.api import names
from hastecrm_operator.resources.secrets import (
    EXCLUSIVE,
    OTHER_USERNAME,
    OTHERS,
    PASSWORD,
    USERNAME,
    SecretTemplate,
)

Values = Mapping[str, str]

IDLE: Final = "Idle"
ANNOUNCING: Final = "Announcing"
"""New values stand beside the current ones; servers and pods learn to accept them."""
SWITCHING: Final = "Switching"
"""The new values are the current ones; pods are replaced."""
RETIRING: Final = "Retiring"
"""All pods use the new values; what was made with the previous ones is still good."""
RECOVERING: Final = "Recovering"
"""Values were lost and made anew; whoever still uses the lost ones is let in until all pods are replaced."""

_PHASES: Final = (IDLE, ANNOUNCING, SWITCHING, RETIRING, RECOVERING)
_WITH_OTHERS: Final = (ANNOUNCING, SWITCHING, RETIRING)
_FIRST_USER: Final = "hastecrm_a"
_SECOND_USER: Final = "hastecrm_b"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a Secret says about its rotation; times as RFC 3339, "" = not known."""

    phase: str = IDLE
    since: str = ""
    made: str = ""
    """When the current values became current."""
    request: str = ""
    """The value of the object's annotation that has been dealt with."""

    def moved(self, phase: str, now: str) -> "Mark":
        """Return the mark of the next phase."""
        made = now if phase in {SWITCHING, RECOVERING} else self.made
        return replace(self, phase=phase, since="" if phase == IDLE else now, made=made)


UNMARKED: Final = Mark()


def annotations(mark: Mark) -> dict[str, str]:
    """Return the annotations that say what `mark` says."""
    said = {
        names.ROTATION_PHASE: "" if mark.phase == IDLE else mark.phase,
        names.ROTATION_SINCE: mark.since,
        names.ROTATED_AT: mark.made,
        names.ROTATE: mark.request,
    }
    return {key: value for key, value in said.items() if value}


def mark_of(said: Mapping[str, str]) -> Mark:
    """Return what annotations say."""
    phase = said.get(names.ROTATION_PHASE, IDLE)
    return Mark(
        phase=phase if phase in _PHASES else RECOVERING,
        since=said.get(names.ROTATION_SINCE, ""),
        made=said.get(names.ROTATED_AT, ""),
        request=said.get(names.ROTATE, ""),
    )


def keys_in(template: SecretTemplate, phase: str) -> frozenset[str]:
    """Return the keys that a Secret holds in a phase."""
    others = {OTHERS[key] for key in template.keys} if phase in _WITH_OTHERS else set()
    exclusive = {EXCLUSIVE} if template.has_user and phase != RECOVERING else set()
    return frozenset({*template.keys, *others, *exclusive})


def stored(template: SecretTemplate, phase: str, values: Values) -> dict[str, str]:
    """Return what a Secret holds in a phase, of the values that there are."""
    return {key: "true" if key == EXCLUSIVE else values[key] for key in sorted(keys_in(template, phase))}


def new_values(template: SecretTemplate, user: str, generate: Callable[[], str]) -> dict[str, str]:
    """Return fresh current values."""
    return {key: user if key == USERNAME else generate() for key in template.keys}


def first_user() -> str:
    """Return the user of a server that nobody uses yet."""
    return _FIRST_USER


def stranger(generate: Callable[[], str]) -> str:
    """Return a user that is certainly not in use, when it is not known who is."""
    letters = "".join(c for c in generate().lower() if c.isalnum())
    return f"hastecrm_{letters[:8]}"


def announced(values: Values, template: SecretTemplate, generate: Callable[[], str]) -> dict[str, str]:
    """Return the values with the next ones beside the current ones."""
    user = _SECOND_USER if values.get(USERNAME) == _FIRST_USER else _FIRST_USER
    following = new_values(template, user, generate)
    return {**values, **{OTHERS[key]: value for key, value in following.items()}}


def switched(values: Values, template: SecretTemplate) -> dict[str, str]:
    """Return the values with each current one and its other exchanged."""
    pairs = {key: OTHERS[key] for key in template.keys}
    return {**values, **{k: values[o] for k, o in pairs.items()}, **{o: values[k] for k, o in pairs.items()}}


def is_damaged(values: Values, template: SecretTemplate, phase: str) -> bool:
    """Whether values that this phase needs are lost, or the phase itself is."""
    needed = keys_in(template, phase) - {EXCLUSIVE}
    return not needed <= values.keys() or (OTHER_USERNAME in values and OTHER_USERNAME not in needed)


def recovered(values: Values, template: SecretTemplate, generate: Callable[[], str]) -> dict[str, str]:
    """Return current values where some are lost; no user in use gets another password."""
    if template.has_user and not values.keys() >= {USERNAME, PASSWORD}:
        return new_values(template, stranger(generate), generate)
    return {key: values.get(key) or generate() for key in template.keys}
