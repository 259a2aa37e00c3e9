"""A control plane with a player in it and the bench's own watches on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .audit import AuditLog
from .plane import Plane, plane
from .player import Player
from .template import Template, record
from .watching import Watching


@dataclass(frozen=True)
class World:
    """Where objects are made and measured."""

    plane: Plane
    template: Template
    watching: Watching
    audit: AuditLog


@asynccontextmanager
async def fresh_world(template: Template | None = None) -> AsyncIterator[World]:
    """Start a control plane; without a template, one object is made to record what the operator writes."""
    async with plane() as started:
        recorded = template or await record(started)
        watching = Watching(started.admin, recorded.collections)
        player = Player(started.admin, watching)
        async with watching.open(), player.playing():
            yield World(started, recorded, watching, AuditLog(started.audit_log))
