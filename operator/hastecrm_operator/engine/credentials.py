"""What is known of one object's generated credentials, and what is told of their rotation. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.durations import long_seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Rotation
from hastecrm_operator.api.status import CredentialsStatus
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import PodState, Rollout, SecretContent
from hastecrm_operator.engine.jobs import succeeded_jobs
from hastecrm_operator.engine.kinds import DEPLOYMENT, POD, SECRET
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.rotation import Part, Sight, Wishes, due, time
from hastecrm_operator.engine.verdict import Verdict, no, unknown, yes
from hastecrm_operator.resources.proof import proof_name
from hastecrm_operator.resources.rotation import ANNOUNCING, IDLE, RECOVERING, RETIRING, SWITCHING, Mark
from hastecrm_operator.resources.secrets import SecretTemplate, secret_templates

_LEAST_OVERLAP = timedelta(days=1)
"""In this time the worker has sealed anew what is stored sealed."""
_PATIENCE = timedelta(hours=1)
_PATIENCE_WITH_WINDOWS = timedelta(days=8)
"""A step that takes longer than this is told as a problem; windows open each week at the latest."""
_ORDER = (RECOVERING, ANNOUNCING, SWITCHING, RETIRING)


@dataclass(frozen=True)
class Credentials:
    """What is told of the credentials; `trouble` is a reason for CredentialsCurrent to be False."""

    phase: str
    rotated_at: str
    next_rotation: str
    message: str
    trouble: str = ""


def generated_values(crm: HasteCRM, children: Children) -> dict[str, str]:
    """Return a hash of each generated value that pods may read, by `<Secret>/<key>`; "" = none."""
    found = {template.name: dict(content.values) for template, content in _contents(crm, children)}
    templates = secret_templates(crm)
    return {f"{t.name}/{k}": found.get(t.name, {}).get(k, "") for t in templates for k in t.for_pods}


def credentials_hash(values: Mapping[str, str]) -> str:
    """Return a hash that changes with any of these values."""
    return hashlib.blake2b(repr(sorted(values.items())).encode(), digest_size=8).hexdigest()


def marks(crm: HasteCRM, children: Children) -> dict[str, Mark]:
    """Return how far each generated Secret is, by its name; those that do not exist are left out."""
    return {template.name: content.mark for template, content in _contents(crm, children)}


def announced_users(crm: HasteCRM, children: Children) -> dict[str, Mark]:
    """Return the Secrets that announce a user of a server."""
    with_user = [t.name for t in secret_templates(crm) if t.has_user]
    found = marks(crm, children)
    return {name: found[name] for name in with_user if name in found and found[name].phase == ANNOUNCING}


def sight(crm: HasteCRM, children: Children) -> Sight:
    """Return what a decision about the rotation is made of."""
    key = Key.of(crm)
    parts = {t.name: Part(content.mark, signs=not t.has_user) for t, content in _contents(crm, children)}
    if all(part.mark.phase == IDLE for part in parts.values()):
        return Sight(parts, rolled=False, proven=False)  # Nobody asks.
    proven = proof_name(crm, announced_users(crm, children)) in succeeded_jobs(key, children)
    return Sight(parts, rolled=_is_rolled(crm, key, children), proven=proven)


def wishes(crm: HasteCRM) -> Wishes:
    """Return what the object asks for."""
    every = crm.spec.credentials.rotate_every
    overlap = timedelta(seconds=long_seconds(crm.spec.auth.refresh_token_ttl))
    return Wishes(
        every=timedelta(seconds=long_seconds(every)) if every else None,
        request=crm.metadata.annotations.get(names.ROTATE, ""),
        overlap=max(overlap, _LEAST_OVERLAP),
        holds="spec.hibernated is true" if crm.spec.hibernated else "",
    )


def patience(crm: HasteCRM) -> timedelta:
    """Return how long a step may take before it is told as a problem."""
    return _PATIENCE_WITH_WINDOWS if crm.spec.maintenance_windows else _PATIENCE


def credentials(crm: HasteCRM, children: Children, now: datetime) -> Credentials | None:
    """Return what is told of the credentials; None before there are any."""
    seen, wished = sight(crm, children), wishes(crm)
    found = [part.mark for part in seen.parts.values()]
    if not found:
        return None
    current = min(found, key=lambda mark: _ORDER.index(mark.phase) if mark.phase in _ORDER else len(_ORDER))
    oldest = min(found, key=lambda mark: mark.made)
    following = due(oldest, wished, now) if wished.every else None
    return Credentials(
        phase=SWITCHING if current.phase == RECOVERING else current.phase,
        rotated_at=oldest.made,
        next_rotation=text(following) if following else "",
        message=_message(current, seen, wished, following is not None and now > following),
        trouble=_trouble(current, following, now, patience(crm)),
    )


def credentials_status(told: Credentials | None) -> dict[str, Any]:
    """Return `status.credentials`, as a part of the status; nothing before there are any."""
    if told is None:
        return {}
    status = CredentialsStatus(
        phase=told.phase,
        rotated_at=told.rotated_at or None,
        next_rotation=told.next_rotation or None,
        message=told.message or None,
    )
    return {"credentials": status.model_dump(by_alias=True, exclude_none=True)}


def credentials_verdict(crm: HasteCRM, told: Credentials | None) -> Verdict:
    """Return the condition CredentialsCurrent."""
    if told is None:
        return unknown(Rotation.NOT_MADE_YET, "no credentials have been generated yet")
    if told.trouble:
        return no(told.trouble, told.message or "the rotation is due and spec.paused is true")
    if told.message:
        return yes(Rotation.ROTATING, told.message)
    stores = {"database": crm.spec.database.managed, "cache": crm.spec.redis.managed}
    others = " and the ".join(name for name, managed in stores.items() if not managed)
    theirs = f"; those of the {others} are made elsewhere, and this object does not replace them"
    return yes(Rotation.CURRENT, f"generated credentials are current{theirs if others else ''}")


def _contents(crm: HasteCRM, children: Children) -> Iterator[tuple[SecretTemplate, SecretContent]]:
    for template in secret_templates(crm):
        record = children.get(SECRET, crm.metadata.namespace, template.name)
        if record and isinstance(record.facts, SecretContent):
            yield template, record.facts


def _is_rolled(crm: HasteCRM, key: Key, children: Children) -> bool:
    """Whether every tier is complete and no pod is left, ending ones included, that read older values."""
    wanted = credentials_hash(generated_values(crm, children))
    tiers = (children.get(DEPLOYMENT, key.namespace, names.child(key.name, t)) for t in names.TIERS)
    pods = (pod.facts for pod in children.of(key, POD))
    running = [p.credentials for p in pods if isinstance(p, PodState) and p.credentials]
    return set(running) <= {wanted} and all(
        record is not None
        and isinstance(record.facts, Rollout)
        and record.facts.complete
        and record.facts.credentials == wanted
        for record in tiers
    )


def _message(current: Mark, seen: Sight, wished: Wishes, is_due: bool) -> str:
    if current.phase == ANNOUNCING:
        waits = [
            "until the servers accept the new users" if not seen.proven else "",
            "until every pod accepts the new keys" if not seen.rolled else "",
        ]
        return "waits " + (" and ".join(w for w in waits if w) or "for the next look")
    return {
        SWITCHING: "waits until every pod has started with the new credentials",
        RECOVERING: "a generated Secret was lost and made anew; waits until every pod has started with it",
        RETIRING: f"previous keys are accepted until {_end_of_overlap(current, wished)}",
    }.get(current.phase, f"is due and waits: {wished.holds}" if is_due and wished.holds else "")


def _end_of_overlap(mark: Mark, wished: Wishes) -> str:
    since = time(mark.since, datetime.min)  # noqa: DTZ901 - shown when no time is known
    return text(since + wished.overlap)


def _trouble(current: Mark, following: datetime | None, now: datetime, patience: timedelta) -> str:
    if current.phase in {ANNOUNCING, SWITCHING, RECOVERING} and now > time(current.since, now) + patience:
        return Rotation.ROTATION_STUCK
    if current.phase == IDLE and following and now > following + patience:
        return Rotation.ROTATION_OVERDUE
    return ""
