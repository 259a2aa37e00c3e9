"""`support-bundle`: everything that helps to understand, nothing that is secret."""

import asyncio
import io
import tarfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml
from pydantic import ValidationError

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import INSTANCE
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import APIError, KindNotInstalledError
from hastecrm_operator.engine.kinds import POD, REQUESTS, SECRET, WATCHED, Kind
from hastecrm_operator.resources.references import references
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import plain, show
from kubectl_hastecrm.requests import stamp
from kubectl_hastecrm.scrubbing import Scrubber
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.tailing import containers
from kubectl_hastecrm.verbs import events as of_events
from kubectl_hastecrm.verbs.version import OPERATOR, versions
from kubectl_hastecrm.views.events import events
from kubectl_hastecrm.views.status import page
from kubectl_hastecrm.views.why import explanation

_LINES: Final = "5000"
Files = dict[str, str]


@verb
async def support_bundle(
    session: Session,
    name: Name = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", help="Where to write. Default: here.")] = None,
    logs: Annotated[bool, typer.Option("--logs/--no-logs", help="With the logs of all pods.")] = True,
) -> None:
    """Write all that helps to understand an object into one archive, without any secret.

    Objects, status, events, logs, versions. Of Secrets only the names and sizes of keys; the values of
    environment variables are masked; what your Secrets hold is looked for and masked everywhere else.
    """
    body, now = await session.crm(name), datetime.now(UTC)
    crm = body["metadata"]["name"]
    files = await collected(session, body, now, logs=logs)
    path = file or Path(f"hastecrm-support-{crm}-{stamp(now)}.tar.gz")
    await asyncio.to_thread(_write, path, files, now)
    show(f"{path}: {len(files)} files; look through it before you send it to anybody")


async def collected(session: Session, body: JSON, now: datetime, *, logs: bool) -> Files:
    """Return the files of a bundle by name."""
    notes: list[str] = []
    scrubber = Scrubber(await _secrets(session, body, notes))
    objects = [body, *await _family(session, body, notes)]
    pods = [o for o in objects if o["kind"] == POD.name]
    happened = await of_events.of(session, body["metadata"]["name"])
    files = {_path(o): yaml.safe_dump(scrubber.object(o), sort_keys=False) for o in objects}
    files["status.txt"] = scrubber.text(plain(page(body, pods, now)))
    files["why.txt"] = scrubber.text(plain(explanation(body, now)))
    files["events.txt"] = scrubber.text(plain(events(happened, now)))
    files["versions.yaml"] = yaml.safe_dump(await versions(session))
    if logs:
        wanted = [*pods, *await _operators(session, notes)]
        files |= {path: scrubber.text(text) async for path, text in _logs(session, wanted, notes)}
    files["notes.txt"] = scrubber.text("\n".join(notes) or "everything could be read")
    return files


async def _secrets(session: Session, body: JSON, notes: list[str]) -> list[JSON]:
    """Return the Secrets whose values must not appear: ours, and those that the object names."""
    selector = f"{INSTANCE}={body['metadata']['name']}"
    found = await _or_note(lambda: session.client.list_all(SECRET, session.namespace, selector), notes)
    for name in _named(body):

        async def read(name: str = name) -> list[JSON]:
            return [await session.client.get(SECRET, session.namespace, name)]

        found += await _or_note(read, notes)
    return found


def _named(body: JSON) -> set[str]:
    try:
        crm = HasteCRM.parse(body)
    except ValidationError:
        return set()
    return {reference.name for reference in references(crm) if reference.kind == SECRET.name}


async def _family(session: Session, body: JSON, notes: list[str]) -> list[JSON]:
    crm = body["metadata"]["name"]

    async def listed(kind: Kind, selector: str) -> list[JSON]:
        return await _or_note(lambda: session.client.list_all(kind, session.namespace, selector), notes)

    children = await asyncio.gather(*(listed(kind, f"{INSTANCE}={crm}") for kind in WATCHED))
    requests = await asyncio.gather(*(listed(kind, "") for kind in REQUESTS))
    asked = [o for found in requests for o in found if o["spec"].get("hastecrm") == crm]
    return [o for found in children for o in found] + asked


async def _operators(session: Session, notes: list[str]) -> list[JSON]:
    return await _or_note(lambda: session.client.list_all(POD, "", OPERATOR), notes)


async def _or_note(read: Callable[[], Any], notes: list[str]) -> list[JSON]:
    try:
        return list(await read())
    except KindNotInstalledError:
        return []
    except APIError as exc:
        notes.append(f"not in this bundle: {exc.message}")
        return []


async def _logs(session: Session, pods: list[JSON], notes: list[str]) -> AsyncIterator[tuple[str, str]]:
    for pod in pods:
        meta = pod["metadata"]
        for container in containers(pod):
            for previous in ("false", "true"):
                options = {"container": container, "tailLines": _LINES, "timestamps": "true"}
                options["previous"] = previous
                try:
                    text = await session.client.read_log(meta["namespace"], meta["name"], options)
                except APIError as exc:
                    if previous == "false":
                        notes.append(f"no log of {meta['name']}/{container}: {exc.message}")
                    continue
                suffix = ".previous" if previous == "true" else ""
                yield f"logs/{meta['name']}/{container}{suffix}.log", text


def _path(body: JSON) -> str:
    return f"objects/{body['kind']}/{body['metadata']['name']}.yaml"


def _write(path: Path, files: Files, now: datetime) -> None:
    root = path.name.split(".")[0]
    with path.open("wb") as target, tarfile.open(fileobj=target, mode="w:gz") as archive:
        path.chmod(0o600)
        for name, text in sorted(files.items()):
            content = text.encode()
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(now.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(content))
