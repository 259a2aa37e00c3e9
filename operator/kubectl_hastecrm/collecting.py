"""Gathers the files of a support bundle; what may not be read is noted, and nothing secret passes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

import orjson
import yaml
from pydantic import ValidationError
from rich.console import RenderableType

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import INSTANCE
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import APIError, KindNotInstalledError
from hastecrm_operator.engine.kinds import POD, REQUESTS, SECRET, WATCHED, Kind
from hastecrm_operator.resources.references import backup_references, references
from kubectl_hastecrm.output import plain
from kubectl_hastecrm.scrubbing import Scrubber
from kubectl_hastecrm.session import Session
from kubectl_hastecrm.tailing import containers
from kubectl_hastecrm.verbs import events as of_events
from kubectl_hastecrm.verbs.version import OPERATOR, versions
from kubectl_hastecrm.views.events import events
from kubectl_hastecrm.views.status import page
from kubectl_hastecrm.views.why import explanation

_LINES: Final = "5000"
_ALL_READ: Final = "everything could be read"
Files = dict[str, str]
T = TypeVar("T")


@dataclass
class Collector:
    """Reads everything about one object."""

    session: Session
    body: JSON
    now: datetime
    notes: list[str] = field(default_factory=list)

    @property
    def crm(self) -> str:
        """The name of the object."""
        return str(self.body["metadata"]["name"])

    async def files(self, *, logs: bool) -> Files:
        """Return the files by name."""
        scrubber = Scrubber(await self._secrets())
        objects = [self.body, *await self._family()]
        pods = [o for o in objects if o["kind"] == POD.name]
        happened = await of_events.of(self.session, self.crm)
        pages: dict[str, RenderableType] = {
            "status": page(self.body, pods, self.now),
            "why": explanation(self.body, self.now),
            "events": events(happened, self.now),
        }
        files = {_path(o): yaml.safe_dump(scrubber.object(o), sort_keys=False) for o in objects}
        files |= {f"{name}.txt": scrubber.text(plain(shown)) for name, shown in pages.items()}
        files["versions.yaml"] = yaml.safe_dump(await versions(self.session))
        if logs:
            files |= {path: scrubber.text(text) async for path, text in self._logs(pods)}
        files["notes.txt"] = scrubber.text("\n".join(self.notes or [_ALL_READ])) + "\n"
        return files

    async def _secrets(self) -> list[JSON]:
        """Return the Secrets whose values must not appear: ours, and those that the object names."""
        found = await self._listed(SECRET, f"{INSTANCE}={self.crm}")
        for name in _named(self.body):
            if read := await self._or_note(self.session.client.get(SECRET, self.session.namespace, name)):
                found.append(read)
        return found

    async def _family(self) -> list[JSON]:
        ours = await asyncio.gather(*(self._listed(kind, f"{INSTANCE}={self.crm}") for kind in WATCHED))
        requests = await asyncio.gather(*(self._listed(kind) for kind in REQUESTS))
        asked = [o for found in requests for o in found if o["spec"].get("hastecrm") == self.crm]
        return [o for found in ours for o in found] + asked

    async def _logs(self, pods: list[JSON]) -> AsyncIterator[tuple[str, str]]:
        for pod, container in _each(pods):
            async for path, text in self._log(pod, container):
                yield path, text
        for pod, container in _each(await self._listed(POD, OPERATOR, "")):
            async for path, text in self._log(pod, container):
                yield path, concerning(self.session.namespace, text)

    async def _log(self, pod: JSON, container: str) -> AsyncIterator[tuple[str, str]]:
        """Yield what a container has said, and what it had said before it was started again."""
        where, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        options = {"container": container, "tailLines": _LINES, "timestamps": "true"}
        text = await self._or_note(self.session.client.read_log(where, name, options))
        if text is not None:
            yield f"logs/{name}/{container}.log", text
        if has_started_again(pod, container):
            earlier = self.session.client.read_log(where, name, {**options, "previous": "true"})
            yield f"logs/{name}/{container}.previous.log", await self._or_note(earlier) or ""

    async def _listed(self, kind: Kind, selector: str = "", namespace: str | None = None) -> list[JSON]:
        where = self.session.namespace if namespace is None else namespace
        return await self._or_note(self.session.client.list_all(kind, where, selector)) or []

    async def _or_note(self, read: Awaitable[T]) -> T | None:
        try:
            return await read
        except KindNotInstalledError:
            return None
        except APIError as exc:
            self.notes.append(f"not in this bundle: {exc.message}")
            return None


def concerning(namespace: str, text: str) -> str:
    """Return the lines of the operator's log that are about a namespace, or about none."""
    return "\n".join(line for line in text.splitlines() if _namespace_in(line) in {None, namespace})


def _namespace_in(line: str) -> str | None:
    try:
        said = orjson.loads(line[line.index("{") :])
    except ValueError:
        return None
    return said.get("namespace") or None


def has_started_again(pod: JSON, container: str) -> bool:
    """Whether a container has ended at least once."""
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return any(c["name"] == container and c.get("restartCount", 0) for c in statuses)


def _each(pods: list[JSON]) -> list[tuple[JSON, str]]:
    return [(pod, container) for pod in pods for container in containers(pod)]


def _named(body: JSON) -> set[str]:
    try:
        crm = HasteCRM.parse(body)
    except ValidationError:
        return set()
    named = (*references(crm), *backup_references(crm))
    return {reference.name for reference in named if reference.kind == SECRET.name}


def _path(body: JSON) -> str:
    return f"objects/{body['kind']}/{body['metadata']['name']}.yaml"
