"""What a Job says about its dump: one JSON object that fits into a pod's termination message. No I/O here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from hastecrm.dumps.catalogue import Catalogue, Contents
from hastecrm.dumps.errors import DumpError
from hastecrm.dumps.manifest import Manifest

_LIMIT = 4000  # bytes; Kubernetes cuts at 4096, which would leave no JSON
_MOST_FOUND = 25


def report_of(
    manifest: Manifest, catalogue: Catalogue, contents: Contents, pruned: Sequence[str]
) -> dict[str, Any]:
    """Return what was done, and the newest dumps that are there; as many of them as fit."""
    report: dict[str, Any] = {
        "name": manifest.name,
        "key": catalogue.key(manifest.file),
        "bytes": manifest.size,
        "sha256": manifest.sha256,
        "seconds": manifest.seconds,
        "takenAt": _moment(manifest.taken_at),
        "schema": manifest.schema_.model_dump(by_alias=True),
        "serverVersion": manifest.server_version,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "encrypted": manifest.encrypted,
        "pruned": list(pruned),
        "dumps": len(contents.manifests),
        "found": [_found(each) for each in contents.manifests[:_MOST_FOUND]],
    }
    for list_of in ("found", "pruned"):
        while report[list_of] and len(orjson.dumps(report)) > _LIMIT:
            report[list_of].pop()
    return report


def failure_of(exc: DumpError) -> dict[str, str]:
    """Return why there is no dump."""
    return {"reason": exc.reason, "error": str(exc)[:2000]}


def _found(manifest: Manifest) -> list[Any]:
    verified = manifest.verified_at
    return [
        manifest.name,
        manifest.size,
        _moment(manifest.taken_at),
        None if verified is None else _moment(verified),
    ]


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
