"""One page about one HasteCRM, and one line about each of many."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api.names import COMPONENT, POSTGRES, REDIS, TIERS
from kubectl_hastecrm.views.layout import Cell, pairs, section, styled, table
from kubectl_hastecrm.views.times import age, due, size

JSON = Mapping[str, Any]
GOOD_WHEN_FALSE: Final = {
    types.DEGRADED,
    types.STALLED,
    types.PROGRESSING,
    types.RECONCILING,
    types.PAUSED,
    types.PENDING_ROLLOUT,
    types.HIBERNATED,
}
_ALWAYS: Final = {types.READY, types.AVAILABLE}
_PARTS: Final = (*TIERS, POSTGRES, REDIS)


def is_ready(body: JSON) -> bool:
    """Whether the object is Ready, and the status is about the spec as it is now."""
    seen = body.get("status", {}).get("observedGeneration", 0) >= body["metadata"].get("generation", 0)
    return seen and condition(body, types.READY).get("status") == "True"


def condition(body: JSON, kind: str) -> JSON:
    """Return one condition; nothing when it is not judged."""
    found = body.get("status", {}).get("conditions", ())
    return next((c for c in found if c["type"] == kind), {})


def is_good(judged: JSON) -> bool:
    """Whether a condition has the value that nobody has to think about."""
    wanted = "False" if judged["type"] in GOOD_WHEN_FALSE else "True"
    return bool(judged["status"] == wanted)


def overview(bodies: Sequence[JSON], now: datetime) -> Table:
    """Return a line for each object."""
    columns = (
        "NAMESPACE",
        "NAME",
        "VERSION",
        "PHASE",
        "API",
        "WEB",
        "WORKER",
        "BACKUP",
        "AGE",
        "WHAT BLOCKS",
    )
    return table(columns, (_line(body, now) for body in bodies))


def _line(body: JSON, now: datetime) -> Sequence[Cell]:
    meta, status = body["metadata"], body.get("status", {})
    tiers = [f"{t['ready']}/{t['desired']}" if (t := status.get(tier)) else "-" for tier in TIERS]
    blocking: Sequence[JSON] = status.get("blocking") or ()
    saved = (status.get("backup") or {}).get("lastSuccess") or {}
    return (
        meta["namespace"],
        Text(meta["name"], style="name"),
        status.get("version") or body["spec"].get("version", "-"),
        styled(status.get("phase", "Unknown")),
        *tiers,
        age(saved.get("at"), now),
        age(meta.get("creationTimestamp"), now),
        f"{blocking[0]['object']}: {blocking[0]['reason']}" if blocking else "",
    )


def page(body: JSON, pods: Sequence[JSON], now: datetime) -> Group:
    """Return everything that matters about one object."""
    status = body.get("status", {})
    parts: list[RenderableType] = [_head(body, now), section("TIERS", _tiers(body, pods, now))]
    parts.append(section("CONDITIONS", _conditions(body, now)))
    if facts := [*_facts(status, now)]:
        parts.append(section("STATE", pairs(facts)))
    if blocking := status.get("blocking"):
        hint = f"the whole chain: kubectl hastecrm why {body['metadata']['name']}"
        parts.append(section("WHAT BLOCKS", *map(_short_cause, blocking), Text(hint, style="quiet")))
    return Group(*parts)


def _head(body: JSON, now: datetime) -> Group:
    meta, status = body["metadata"], body.get("status", {})
    title = Text.assemble(
        (meta["name"], "name"),
        f" in {meta['namespace']}  ",
        styled(status.get("phase", "Unknown")),
        (f"  {age(meta.get('creationTimestamp'), now)} old", "quiet"),
    )
    lines = [title]
    if status.get("endpoint"):
        lines.append(Text(status["endpoint"]))
    if status.get("observedGeneration", 0) < meta.get("generation", 0):
        lines.append(Text("the operator has not looked at the newest change yet", style="busy"))
    return Group(*lines)


def _tiers(body: JSON, pods: Sequence[JSON], now: datetime) -> Table:
    columns = ("PART", "READY", "UPDATED", "POD", "STATE", "RESTARTS", "AGE", "NODE")
    return table(columns, _tier_rows(body.get("status", {}), pods, now))


def _tier_rows(status: JSON, pods: Sequence[JSON], now: datetime) -> Iterator[Sequence[Cell]]:
    for part in _PARTS:
        own = [
            p for p in pods if p["metadata"].get("labels", {}).get(COMPONENT) == part and not _is_of_job(p)
        ]
        tier = status.get(part) or {}
        ready = f"{tier['ready']}/{tier['desired']}" if tier else str(sum(map(_is_ready_pod, own)))
        first: tuple[Cell, ...] = (part, ready, str(tier.get("updated", "-")))
        if not own and tier:
            yield (*first, "-", "", "", "", "")
        for pod in own:
            yield (*first, *_pod_cells(pod, now))
            first = ("", "", "")


def _pod_cells(pod: JSON, now: datetime) -> tuple[Cell, ...]:
    restarts = sum(c.get("restartCount", 0) for c in pod.get("status", {}).get("containerStatuses", ()))
    return (
        pod["metadata"]["name"],
        styled(pod_state(pod)),
        str(restarts),
        age(pod["metadata"].get("creationTimestamp"), now),
        pod.get("spec", {}).get("nodeName", "-"),
    )


def pod_state(pod: JSON) -> str:
    """Return one word about a pod: what a container waits for, else its phase."""
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status = pod.get("status", {})
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        state = container.get("state", {})
        word = (state.get("waiting") or state.get("terminated") or {}).get("reason")
        if word and word not in {"Completed", "PodInitializing"}:
            return str(word)
    if status.get("phase") == "Running" and not _is_ready_pod(pod):
        return "NotReady"
    return str(status.get("phase", "Unknown"))


def _is_ready_pod(pod: JSON) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _is_of_job(pod: JSON) -> bool:
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences", ()))


def _conditions(body: JSON, now: datetime) -> Table:
    judged = body.get("status", {}).get("conditions", ())
    shown = [c for c in judged if c["type"] in _ALWAYS or not is_good(c)]
    columns = ("CONDITION", "STATUS", "SINCE", "REASON", "MESSAGE")
    return table(columns, (_condition_row(c, now) for c in shown))


def _condition_row(judged: JSON, now: datetime) -> Sequence[Cell]:
    style = "good" if is_good(judged) else "busy" if judged["type"] in GOOD_WHEN_FALSE else "bad"
    since = age(judged.get("lastTransitionTime"), now)
    return (judged["type"], Text(judged["status"], style=style), since, judged["reason"], judged["message"])


def _facts(status: JSON, now: datetime) -> Iterator[tuple[str, Cell]]:
    yield "Runs", _running(status)
    if release := status.get("release"):
        yield "Release", release_line(release, now)
    if rollback := status.get("rollback"):
        yield "Going back", verdict_line(rollback)
    if backup := status.get("backup"):
        yield "Backups", _backup_line(backup, now)
    if credentials := status.get("credentials"):
        yield "Credentials", _credentials_line(credentials, now)
    if waiting := status.get("pendingRollout"):
        yield "Waits", Text(waiting["message"], style="busy")


def _running(status: JSON) -> str:
    schema = status.get("schema") or {}
    said = [
        f"version {status['version']}" if status.get("version") else "no version completely",
        f"revision {status['revision']}" if status.get("revision") else "",
        f"schema {schema['version']} (serves code from {schema['compatibleFrom']})" if schema else "",
    ]
    return ", ".join(filter(None, said))


def release_line(release: JSON, now: datetime) -> Text:
    """Return where a release stands, in a line."""
    line = styled(release["phase"])
    if release["phase"] != "Idle" and release.get("revision"):
        line = Text.assemble(line, f" revision {release['revision']} ({release.get('version', '?')})")
    if release.get("phaseStartedAt"):
        line = Text.assemble(line, f", for {age(release['phaseStartedAt'], now)}")
    if release.get("message"):
        line = Text.assemble(line, f": {release['message']}")
    if rejected := release.get("rejected"):
        line = Text.assemble(line, (f"; {len(rejected)} rejected, see history", "quiet"))
    return line


def verdict_line(rollback: JSON) -> Text:
    """Return what going back would mean, in a line."""
    to = f" to revision {rollback['to']}" if rollback.get("to") else ""
    why = f": {rollback['reason']}" if rollback.get("reason") else ""
    return Text.assemble(styled(rollback["verdict"]), to, why)


def _backup_line(backup: JSON, now: datetime) -> str:
    last, proven = backup.get("lastSuccess") or {}, backup.get("lastVerified") or {}
    failed = backup.get("lastFailure") or {}
    said = [
        f"last {age(last['at'], now)} ago ({size(last.get('bytes'))})" if last else "none yet",
        f"next {due(backup['next'], now)}" if backup.get("next") else "",
        f"proven {age(proven['at'], now)} ago" if proven else "never proven",
        f"{backup['count']} kept" if backup.get("count") is not None else "",
        f"failed {age(failed['at'], now)} ago: {failed['reason']}" if failed else "",
    ]
    return ", ".join(filter(None, said))


def _credentials_line(credentials: JSON, now: datetime) -> str:
    said = [credentials["phase"], credentials.get("message") or ""]
    if credentials.get("nextRotation"):
        said.append(f"next {due(credentials['nextRotation'], now)}")
    return ", ".join(filter(None, said))


def _short_cause(cause: JSON) -> Text:
    return Text.assemble((cause["object"], "name"), " ", (cause["reason"], "bad"), f": {cause['message']}")
