"""How Kopf is set up: a watcher that writes nothing; reasons in docs/adr/0001-own-reconcile-engine.md."""

from collections.abc import Iterable
from typing import Any

import kopf


class NoDiffs(kopf.DiffBaseStorage):
    """Keeps no last-handled state: nothing works by differences, and they cost most of Kopf's time."""

    def build(self, *, body: kopf.Body, extra_fields: Iterable[Any] | None = None) -> kopf.BodyEssence:  # noqa: ARG002
        """Return an empty essence."""
        return kopf.BodyEssence({})

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:  # noqa: ARG002
        """Return nothing, for nothing is kept."""
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Keep nothing."""


def kopf_settings() -> kopf.OperatorSettings:
    """Return settings with bounded waits and no writes to our objects."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.persistence.finalizer = "hastecrm.io/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix="hastecrm.io")
    settings.persistence.diffbase_storage = NoDiffs()
    settings.persistence.consistency_timeout = 2
    settings.watching.server_timeout = 300
    settings.watching.connect_timeout = 5
    settings.watching.reconnect_backoff = 1
    settings.watching.chunk_size = 500
    settings.queueing.idle_timeout = 0.5  # one task an object: they need not stay
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = (1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 60, 60)
    settings.process.ultimate_exiting_timeout = 45
    settings.peering.standalone = True
    settings.scanning.disabled = True  # no permission to list CRDs is asked for
    return settings
