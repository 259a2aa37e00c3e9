"""The statement of a report with its values: what may be seen, which days, which pipeline. No I/O here."""

from collections.abc import Sequence
from typing import Any

from hastecrm.core.records.parameters import Parameters
from hastecrm.core.scope import Scope
from hastecrm.features.reports.domain import Report, Wanted


def statement_of(report: Report, scope: Scope, wanted: Wanted) -> tuple[str, Sequence[Any]]:
    """Return the statement and its values; indexes answer it, also within row-level security."""
    values = Parameters(scope.workspace)
    places = {
        "owned": _owned(report, scope, wanted, values),
        "pipeline": _pipeline(report, wanted, values),
        "within": _within(report, wanted, values),
        "period": _period(report, wanted, values),
    }
    return report.sql.format(**places), values.values


def _owned(report: Report, scope: Scope, wanted: Wanted, values: Parameters) -> str:
    """Row-level security shows the same, but only by walking past what is everyone else's."""
    column, nobody = report.owner, report.nobody
    if wanted.owner is not None:
        user = wanted.owner.user if wanted.owner.user is not None else nobody
        return f"AND {column} IS NULL" if user is None else f"AND {column} = {values.add(user, 'uuid')}"
    if scope.owners is None:
        return ""
    return f"AND {column} = ANY ({values.add(list(scope.owners), 'uuid[]')})"


def _pipeline(report: Report, wanted: Wanted, values: Parameters) -> str:
    if wanted.pipeline is None:
        return ""
    return f"AND {report.pipeline} = {values.add(wanted.pipeline, 'uuid')}"


def _within(report: Report, wanted: Wanted, values: Parameters) -> str:
    if wanted.window is None:
        return ""
    edges, type_ = _edges(report, wanted)
    first, end = values.add(edges[0], type_), values.add(edges[-1], type_)
    return f"{report.moment} >= {first} AND {report.moment} < {end}"


def _period(report: Report, wanted: Wanted, values: Parameters) -> str:
    if wanted.window is None or not report.is_cut:
        return ""
    edges, type_ = _edges(report, wanted)
    labels = values.add(wanted.window.labels, "date[]")
    return f"({labels})[width_bucket({report.moment}, {values.add(edges[:-1], f'{type_}[]')})]"


def _edges(report: Report, wanted: Wanted) -> tuple[Sequence[Any], str]:
    assert wanted.window is not None, "only where there are days"  # noqa: S101
    return (wanted.window.days, "date") if report.is_dated else (wanted.window.moments, "timestamptz")
