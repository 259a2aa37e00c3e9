"""Why an object is as it is: the chain from what does not run down to its cause, and the way out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from hastecrm_operator.api.conditions import DEGRADED, MEANINGS, READY, RECONCILING
from hastecrm_operator.api.reasons import SUBJECTS, Reason
from hastecrm_operator.api.runbooks import RUNBOOKS, runbook
from kubectl_hastecrm.views.status import condition, is_good, is_ready
from kubectl_hastecrm.views.times import age

JSON = Mapping[str, Any]
_REASONS: Final[Mapping[str, Reason]] = {str(reason): reason for subject in SUBJECTS for reason in subject}
_SUMMARIES: Final = {READY, "Available", "Progressing", "Degraded", RECONCILING, "Stalled"}
"""What the causes add up to; the causes themselves say more."""


def explanation(body: JSON, now: datetime) -> Group:
    """Return the causes of an object's state, the first one to be solved first."""
    blocking: Sequence[JSON] = body.get("status", {}).get("blocking") or ()
    parts: list[RenderableType] = [_verdict(body, now)]
    parts += [_chain(number, cause, now) for number, cause in enumerate(blocking, 1)]
    parts += [_condition(judged, now) for judged in unexplained(body)]
    return Group(*parts)


def causes(body: JSON) -> dict[str, Any]:
    """Return the same for machines."""
    status = body.get("status", {})
    conditions = [
        {**judged, "fix": _fix(judged) or None, "runbook": _runbook(judged["type"], judged) or None}
        for judged in unexplained(body)
    ]
    return {
        "name": body["metadata"]["name"],
        "namespace": body["metadata"]["namespace"],
        "ready": is_ready(body),
        "phase": status.get("phase"),
        "blocking": list(status.get("blocking") or ()),
        "conditions": conditions,
    }


def unexplained(body: JSON) -> list[JSON]:
    """Return the conditions that are not as one wishes; summaries only when nothing else says more."""
    status = body.get("status", {})
    bad = [c for c in status.get("conditions", ()) if not is_good(c)]
    telling = [c for c in bad if c["type"] not in _SUMMARIES]
    if telling or status.get("blocking"):
        return telling
    return bad[:1]


def _verdict(body: JSON, now: datetime) -> Text:
    meta, status = body["metadata"], body.get("status", {})
    name = Text(meta["name"], style="name")
    if not status.get("conditions"):
        return Text.assemble(name, (_never_seen(meta, now), "bad"))
    if status.get("observedGeneration", 0) < meta.get("generation", 0):
        return Text.assemble(name, (_not_yet_seen(), "busy"))
    if is_ready(body):
        since = age(condition(body, READY).get("lastTransitionTime"), now)
        remark = "" if not unexplained(body) else "; still worth knowing:"
        return Text.assemble(name, (" is Ready", "good"), f" since {since}: {MEANINGS[READY]}{remark}")
    judged = condition(body, READY)
    since = age(judged.get("lastTransitionTime"), now)
    phase = status.get("phase", "not Ready")
    return Text.assemble(name, f" is {phase}, not Ready for {since}: ", judged.get("message", ""))


def _never_seen(meta: JSON, now: datetime) -> str:
    made = age(meta.get("creationTimestamp"), now)
    return f" was made {made} ago and no operator has looked at it; {_OPERATOR}"


def _not_yet_seen() -> str:
    return f" has changed and the operator has not looked at it yet; if this lasts: {_OPERATOR}"


_OPERATOR: Final = "see `kubectl get deployment -A -l app.kubernetes.io/name=hastecrm-operator`"


def _chain(number: int, cause: JSON, now: datetime) -> Tree:
    since = f" for {age(cause['since'], now)}" if cause.get("since") else ""
    title = Text.assemble(f"{number}. ", (cause["object"], "name"), " is blocked", (since, "quiet"))
    root = tree = Tree(title, guide_style="quiet")
    for level in _levels(cause):
        tree = tree.add(level)
    return root


def _levels(cause: JSON) -> Iterator[RenderableType]:
    if cause.get("pod"):
        yield Text(f"pod {cause['pod']}")
    if cause.get("container"):
        yield Text(f"container {cause['container']}")
    yield Text.assemble((cause["reason"], "bad"), f": {cause['message']}")
    if cause.get("log"):
        yield Text("\n".join(["its last words:", *(f"  {line}" for line in cause["log"].splitlines())]))
    if cause.get("fix"):
        yield Text.assemble(("fix: ", "fix"), cause["fix"])
    if page := _runbook(DEGRADED, cause):
        yield Text(f"runbook: {page}", style="quiet")


def _condition(judged: JSON, now: datetime) -> Tree:
    since = age(judged.get("lastTransitionTime"), now)
    title = Text.assemble((judged["type"], "name"), f" is {judged['status']}", (f" for {since}", "quiet"))
    root = Tree(title, guide_style="quiet")
    leaf = root.add(Text.assemble((judged["reason"], "bad"), f": {judged['message']}"))
    if fix := _fix(judged):
        leaf.add(Text.assemble(("fix: ", "fix"), fix))
    if page := _runbook(judged["type"], judged):
        leaf.add(Text(f"runbook: {page}", style="quiet"))
    return root


def _runbook(kind: str, judged: JSON) -> str:
    page = runbook(kind, judged["reason"])
    return f"{RUNBOOKS}/reasons/{page}" if page else ""


def _fix(judged: JSON) -> str:
    known = _REASONS.get(judged["reason"])
    return known.fix if known else ""
