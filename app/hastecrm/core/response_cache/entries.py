"""What is kept of an answer, and under which key. No I/O here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Self

import orjson
from aiohttp import web

from hastecrm.core.conditional import content_tag
from hastecrm.core.scope import Scope
from hastecrm.core.settings import Settings

LARGEST: Final = 512 * 1024  # bytes; larger answers are not worth Redis's memory


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer that can be given again."""

    body: bytes
    content_type: str
    tag: str

    @classmethod
    def of(cls, response: web.StreamResponse) -> Self:
        """Return what is worth keeping; raises TypeError for anything but a plain 200 with a body."""
        body = response.body if isinstance(response, web.Response) else None
        if response.status != 200 or not isinstance(body, bytes | bytearray):
            raise TypeError("a cached operation must answer 200 with a plain body, or raise")
        raw = bytes(body)
        return cls(raw, response.content_type, response.headers.get("ETag") or content_tag(raw))

    def response(self) -> web.Response:
        """Return the answer, a new object for each request."""
        return web.Response(body=self.body, content_type=self.content_type, headers={"ETag": self.tag})

    def stored(self, version: str) -> str | None:
        """Return the text that Redis keeps, or None for an answer that is too large."""
        if len(self.body) > LARGEST:
            return None
        return f"{version}\n{self.content_type}\n{self.tag}\n{self.body.decode()}"

    @classmethod
    def read(cls, text: str | None, version: str) -> Self | None:
        """Return what was stored under this version, or None."""
        if text is None or not text.startswith(f"{version}\n"):
            return None
        _, content_type, tag, body = text.split("\n", maxsplit=3)
        return cls(body.encode(), content_type, tag)


@dataclass(frozen=True, slots=True)
class Keys:
    """Names in Redis: one workspace of one installation, so that two installations can share a Redis.

    The part in braces keeps all keys of a workspace on one node of a cluster.
    """

    installation: str
    release: str

    @classmethod
    def of(cls, settings: Settings, release: str) -> Self:
        """Tell installations apart by the database that they use."""
        told = (settings.database_host, settings.database_port, settings.database_name)
        return cls(blake2b(orjson.dumps(told), digest_size=6).hexdigest(), release)

    def version(self, workspace: object) -> str:
        """Return the key of a workspace's version."""
        return f"{self._prefix(workspace)}:version"

    def entry(self, name: str, scope: Scope, path: Mapping[str, str], query: Sequence[Sequence[str]]) -> str:
        """Return the key of an answer: whatever the answer may depend on is a part of it.

        The scope is what row-level security goes by, so nobody is given what they could not have read. The
        release is there because two of them may shape the same answer differently during a rollout.
        """
        told = (self.release, name, scope.settings(), sorted(path.items()), query)
        digest = blake2b(orjson.dumps(told), digest_size=16).hexdigest()
        return f"{self._prefix(scope.workspace)}:answer:{digest}"

    def _prefix(self, workspace: object) -> str:
        return f"hastecrm:{{{self.installation}:{workspace}}}"
