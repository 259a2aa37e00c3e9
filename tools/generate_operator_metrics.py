"""Writes docs/reference/operator-metrics.md from the definitions of the metrics; `--check` only compares."""

import sys

from generated_file import deliver
from hastecrm_operator.telemetry.definition import Definition
from hastecrm_operator.telemetry.metrics import Metrics

_HEAD = """\
# Metrics of the operator

Generated from `hastecrm_operator.telemetry` by `make generate`; do not edit.

Prometheus text on port 8080, path `/metrics`, beside `/healthz` and `/readyz`. A standby answers too, with
`hastecrm_operator_leader` 0; ask the leader for what concerns objects. The metrics of the process itself
(`process_*`) are there as usual.

| Metric | Type | Labels | Meaning |
|---|---|---|---|
"""
_TAIL = """
## What to ask

- Which objects are not ready? `hastecrm_status_condition{condition="Ready",status="true"} == 0`
- Does work pile up? `hastecrm_operator_queue_oldest_seconds > 60`
- Does the operator write in steady state? It should not, its lease apart:
  `sum(rate(hastecrm_operator_api_requests_total{verb=~"PATCH|POST|DELETE"}[10m]))`
- Do reconciles fail? `rate(hastecrm_operator_reconcile_seconds_count{outcome=~"error|unavailable"}[5m]) > 0`
- Is the API server short of breath? `rate(hastecrm_operator_throttled_seconds_total[5m]) > 1`
- Is a watch deaf? After 75 s without a sign it is opened again, which
  `hastecrm_operator_watch_restarts_total{reason="silent"}` counts; that happens to kinds too which nobody has
  touched since the API server started. One that keeps from the operator for four minutes what it wrote itself
  fails `/healthz`.
"""


def row(metric: Definition) -> str:
    """Return the table row of one metric."""
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.text} |\n"


if __name__ == "__main__":
    table = "".join(map(row, Metrics().definitions))
    sys.exit(deliver("docs/reference/operator-metrics.md", _HEAD + table + _TAIL, sys.argv[1:]))
