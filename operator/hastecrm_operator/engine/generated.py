"""Writes generated Secrets. Values are read, moved and forgotten here; none is remembered or told."""

import base64
from collections.abc import Mapping

from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.credentials import wishes
from hastecrm_operator.engine.errors import ConflictError
from hastecrm_operator.engine.facts import SecretContent
from hastecrm_operator.engine.kinds import DEPLOYMENT, SECRET
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.rotation import completed
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.rotation import (
    ANNOUNCING,
    IDLE,
    RECOVERING,
    RETIRING,
    SWITCHING,
    UNMARKED,
    Mark,
    Values,
    annotations,
    announced,
    first_user,
    is_damaged,
    keys_in,
    mark_of,
    new_values,
    recovered,
    stored,
    switched,
)
from hastecrm_operator.resources.secrets import OTHERS, SecretTemplate


async def keep_secret(scope: Scope, template: SecretTemplate) -> None:
    """Make the Secret if it is missing; make anew what it has lost; leave all other values as they are."""
    record = scope.children.get(SECRET, scope.key.namespace, template.name)
    mark = record.facts.mark if record and isinstance(record.facts, SecretContent) else UNMARKED
    now = text(scope.rollouts.now)
    wanted = _manifest(template, completed(mark, now, now), dict.fromkeys(keys_in(template, mark.phase), ""))
    scope.keep(await scope.applier.ensure_secret(wanted, lambda live: _kept(scope, template, live)))


async def move_secret(scope: Scope, template: SecretTemplate, mark: Mark) -> None:
    """Bring the Secret into the phase of `mark`; raises ConflictError when somebody else was faster."""
    before = scope.children.get(SECRET, scope.key.namespace, template.name)

    def moved(live: JSON | None) -> Manifest:
        if live is None or before is None or live["metadata"]["resourceVersion"] != str(before.version):
            raise ConflictError(409, "Conflict", f"Secret {template.name} is not as it was seen")
        values = _decoded(live)
        if mark.phase == ANNOUNCING:
            values = announced(values, template, scope.applier.generate)
        elif mark.phase == SWITCHING:
            values = switched(values, template)
        return _manifest(template, mark, _encoded(stored(template, mark.phase, values)))

    scope.keep(await scope.applier.change_secret(scope.key.namespace, template.name, moved))


def _kept(scope: Scope, template: SecretTemplate, live: JSON | None) -> Manifest:
    now, values = text(scope.rollouts.now), _decoded(live)
    new = Mark(made=now, request=wishes(scope.crm).request)
    mark = mark_of(live["metadata"].get("annotations", {})) if live else new
    if live is None and not scope.child(DEPLOYMENT, "api"):
        values = new_values(template, first_user(), scope.applier.generate)
    elif is_damaged(values, template, mark.phase):
        mark = mark.moved(RECOVERING, now)
        values = recovered(values, template, scope.applier.generate)
    elif mark.phase == IDLE and values.keys() & OTHERS.values():
        mark = mark.moved(RETIRING, now)  # It has lost its phase: whatever is accepted stays so for a while.
    born = live["metadata"].get("creationTimestamp", now) if live else now
    mark = completed(mark, born, now)
    return _manifest(template, mark, _encoded(stored(template, mark.phase, values)))


def _manifest(template: SecretTemplate, mark: Mark, data: Mapping[str, str]) -> Manifest:
    said = annotations(mark)
    meta = {**template.manifest["metadata"], **({"annotations": said} if said else {})}
    return {**template.manifest, "metadata": meta, "data": dict(data)}


def _decoded(live: JSON | None) -> dict[str, str]:
    data: Mapping[str, str] = (live or {}).get("data") or {}
    return {key: base64.b64decode(value).decode() for key, value in data.items() if value}


def _encoded(values: Values) -> dict[str, str]:
    return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
