"""The dashboard: a ConfigMap that Grafana's sidecar finds by its label."""

import hashlib
import json
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.dashboard_rows import Panel, Row, rows
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.pod_monitor import monitoring_metadata

_LABEL = {"grafana_dashboard": "1"}
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT, _PER_ROW = 8, 8, 3  # of Grafana's 24 columns


def dashboard(crm: HasteCRM) -> list[Manifest]:
    """Return the ConfigMap with the dashboard; nothing if the object asks for none."""
    if not crm.spec.monitoring.dashboard:
        return []
    meta = monitoring_metadata(crm, "dashboard")
    # The sidecar writes all dashboards into one folder: no two files may have the same name.
    file = f"hastecrm-{crm.metadata.namespace}-{crm.metadata.name}.json"
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**meta, "labels": {**meta["labels"], **_LABEL}},
            "data": {file: json.dumps(_model(crm), indent=1)},
        }
    ]


def _model(crm: HasteCRM) -> dict[str, Any]:
    whose = f"{crm.metadata.namespace}/{crm.metadata.name}"
    return {
        "uid": hashlib.blake2b(whose.encode(), digest_size=16).hexdigest(),
        "title": f"HasteCRM {whose}",
        "tags": [names.PRODUCT],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": _panels(rows(crm)),
    }


def _panels(of: list[Row]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    top = 0
    for row in of:
        made.append({"type": "row", "title": row.title, "gridPos": _place(0, top, 24, 1), "panels": []})
        for index, panel in enumerate(row.panels):
            line, column = divmod(index, _PER_ROW)
            place = _place(column * _WIDTH, top + 1 + line * _HEIGHT, _WIDTH, _HEIGHT)
            made.append(_graph(panel, place))
        top += 1 + -(-len(row.panels) // _PER_ROW) * _HEIGHT
    return [{"id": number, **panel} for number, panel in enumerate(made, start=1)]


def _graph(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + index), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
        for index, (legend, expression) in enumerate(panel.queries.items())
    ]
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}
