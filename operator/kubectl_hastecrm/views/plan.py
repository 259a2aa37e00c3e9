"""A plan as people read it: what changes, which pods are replaced, what people notice, how to go back."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from rich.console import Group, RenderableType
from rich.text import Text

from hastecrm_operator.api.names import VERSION_LABEL
from hastecrm_operator.engine.kinds import DEPLOYMENT
from hastecrm_operator.engine.masking import mask
from kubectl_hastecrm.planning.difference import MISSING, Field
from kubectl_hastecrm.planning.effects import CREATE, DELETE, UPDATE, Change, Plan
from kubectl_hastecrm.views.layout import section
from kubectl_hastecrm.views.status import verdict_line

JSON = Mapping[str, Any]
_SIGNS: Final = {CREATE: ("+", "added"), UPDATE: ("~", "busy"), DELETE: ("-", "removed")}
_LONGEST: Final = 160  # characters of a value
_CONFIG_HASH: Final = "config-hash"
_NOT_KNOWN: Final = (
    "not known before the image has been asked: apply it, and the operator plans the migrations first "
    "(`status` shows what it found); or run `hastecrm migrate --plan` of the new image yourself"
)


def page(plan: Plan, refused: list[str]) -> Group:
    """Return the whole plan of one object."""
    title = Text.assemble((plan.name, "name"), f" in {plan.namespace}: ", _summary(plan))
    parts: list[RenderableType] = [title]
    if plan.spec:
        parts.append(section("SPEC", *map(_field, plan.spec)))
    if plan.children:
        parts.append(section("CHILDREN", *_children(plan)))
    if plan.changes:
        parts += [section("PODS", *_pods(plan)), section("DOWNTIME", *_downtime(plan))]
    if plan.release:
        parts.append(section("RELEASE", *(Text(said) for said in plan.release)))
    if plan.image:
        parts += [section("MIGRATIONS", *_migrations(plan)), section("GOING BACK", _going_back(plan))]
    if plan.notes:
        parts.append(section("NOTES", *(Text(note, style="busy") for note in plan.notes)))
    if refused:
        parts.append(section("THE API SERVER WOULD REFUSE", *(Text(mask(r), style="bad") for r in refused)))
    return Group(*parts)


def _summary(plan: Plan) -> Text:
    if plan.action == CREATE:
        return Text(f"new, with {len(plan.children)} children", style="added")
    if not plan.changes:
        return Text("nothing would change", style="good")
    counts = {action: sum(c.action == action for c in plan.children) for action in (CREATE, UPDATE, DELETE)}
    said = [f"{count} to {action}" for action, count in counts.items() if count]
    return Text(", ".join(said) or "only the object itself changes", style="busy")


def _children(plan: Plan) -> Iterator[RenderableType]:
    relabelled = [child for child in plan.children if _is_relabelled(child)]
    for child in plan.children:
        if child not in relabelled:
            yield from _child(child)
    if relabelled:
        yield Text(f"~ {len(relabelled)} more: only the label of the version", style="busy")


def _is_relabelled(child: Change) -> bool:
    return [field.path for field in child.fields] == [f"metadata.labels[{VERSION_LABEL}]"]


def _child(child: Change) -> Iterator[RenderableType]:
    sign, style = _SIGNS[child.action]
    yield Text.assemble((f"{sign} {child.kind}/{child.name}", style))
    for field in child.fields:
        yield Text.assemble("    ", _field(field))


def _field(field: Field) -> Text:
    if field.path.endswith(f"{_CONFIG_HASH}]"):
        return Text("~ the configuration that pods start with", style="busy")
    if field.old is MISSING:
        return Text(f"+ {field.path}: {value(field.new)}", style="added")
    if field.new is MISSING:
        return Text(f"- {field.path}: {value(field.old)}", style="removed")
    return Text.assemble(
        (f"~ {field.path}: ", "busy"), (value(field.old), "removed"), " → ", (value(field.new), "added")
    )


def value(of: Any) -> str:
    """Return a value in one short line, without what looks like a secret."""
    text = of if isinstance(of, str) else orjson.dumps(of).decode()
    masked = mask(text).replace("\n", "⏎")
    return masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}…"


def _pods(plan: Plan) -> Iterator[Text]:
    restarted = [child for child in plan.children if child.pods]
    for child in restarted:
        gently = child.kind == DEPLOYMENT.name
        how = "a new one is ready before an old one goes" if gently else "the old one stops first"
        yield Text(f"{child.name}: {child.pods} replaced, {how}")
    if not restarted:
        yield Text("none is replaced", style="good")


def _downtime(plan: Plan) -> Iterator[Text]:
    for noticed in plan.downtime:
        yield Text(noticed, style="bad")
    if not plan.downtime:
        yield Text("none expected", style="good")


def _migrations(plan: Plan) -> Iterator[Text]:
    if plan.migrations is None:
        yield Text(_NOT_KNOWN)
        return
    pending = plan.migrations.get("pending") or ()
    for step in pending:
        locks = f"; locks {', '.join(step['locks'])}" if step.get("locks") else ""
        yield Text(f"{step['name']} ({step['phase']}){locks}")
    if not pending:
        yield Text("none", style="good")
    elif not plan.migrations.get("previousStillWorks", True):
        yield Text("the release of today does not work with the schema after them", style="bad")


def _going_back(plan: Plan) -> Text:
    if plan.verdict:
        return verdict_line(plan.verdict)
    if plan.migrations is None:
        return Text("known once the migrations are; the operator decides before it changes anything")
    if plan.migrations.get("previousStillWorks"):
        return Text("Safe: the release of today still runs on the schema after it", style="good")
    return Text("NeedsRestore: only with the data from before, from a backup", style="bad")


def machine(plan: Plan, refused: list[str]) -> dict[str, Any]:
    """Return a plan for programs."""
    return {
        "name": plan.name,
        "namespace": plan.namespace,
        "action": plan.action if plan.changes else "none",
        "spec": [_told(field) for field in plan.spec],
        "children": [_told_child(child) for child in plan.children],
        "restarts": {child.name: child.pods for child in plan.children if child.pods},
        "downtime": list(plan.downtime),
        "release": list(plan.release),
        "notes": list(plan.notes),
        "image": {"from": plan.image[0], "to": plan.image[1]} if plan.image else None,
        "migrations": plan.migrations,
        "rollback": plan.verdict,
        "refused": refused,
    }


def _told_child(child: Change) -> dict[str, Any]:
    changed = [_told(field) for field in child.fields]
    return {"action": child.action, "kind": child.kind, "name": child.name, "fields": changed}


def _told(field: Field) -> dict[str, Any]:
    sides = {side: value(v) for side, v in (("old", field.old), ("new", field.new)) if v is not MISSING}
    return {"path": field.path, **sides}
