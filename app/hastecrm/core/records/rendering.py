"""Records as JSON: PostgreSQL gave their fields in the order in which they are shown. No I/O here."""

from typing import Any

import orjson
from aiohttp import web

from hastecrm.core.http import json_response
from hastecrm.core.records.kind import Kind, Record, etag
from hastecrm.core.records.service import RecordPage


def shown(kind: Kind, record: Record) -> dict[str, Any]:
    """Return what clients get to see of a record."""
    values = dict(record)
    if len(values) > len(kind.columns):
        values = {name: values[name] for name in kind.columns}
    if kind.custom:
        values["custom"] = orjson.Fragment(values["custom"])
    return values


def page_json(kind: Kind, page: RecordPage) -> web.Response:
    """Return the answer that shows a page."""
    return json_response({"items": [shown(kind, item) for item in page.items], "next": page.next})


def record_json(kind: Kind, record: Record, *, status: int = 200, **headers: str) -> web.Response:
    """Return the answer that shows one record, with the tag of its state."""
    return json_response(shown(kind, record), status=status, headers={"ETag": etag(record), **headers})
