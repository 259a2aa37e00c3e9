"""What each report must say, counted one by one in Python from all rows of the tables."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from hastecrm.features.reports.declared import FORECAST, NEW_CONTACTS, PIPELINE
from hastecrm.features.reports.domain import Report, Wanted

Rows = list[dict[str, Any]]


@dataclass
class Tables:
    """All rows, and who asks for what of them."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    owners: Sequence[UUID] | None
    wanted: Wanted

    def seen(self, table: str) -> Iterable[Mapping[str, Any]]:
        """The living records that are the asker's to see, and that the query means."""
        for row in self.rows[table]:
            mine = self.owners is None or row["owner_id"] in self.owners
            owner = self.wanted.owner is None or row["owner_id"] == self.wanted.owner.user
            pipeline = self.wanted.pipeline in (None, row.get("pipeline_id"))
            if row["deleted_at"] is None and mine and owner and pipeline:
                yield row

    def label(self, at: date | datetime | None) -> date | None:
        """The period of a moment or a day; None for one outside the window."""
        window = self.wanted.window
        if at is None or window is None:
            return None
        day = at.astimezone(window.zone).date() if isinstance(at, datetime) else at
        return window.period.start(day) if window.first <= day <= window.last else None

    def stages(self) -> Iterable[Mapping[str, Any]]:
        """The stages of living pipelines in order, as reports show them."""
        for stage in sorted(self.rows["stages"], key=lambda each: (each["pipeline"], each["position"])):
            if self.wanted.pipeline in (None, stage["pipeline_id"]):
                yield stage


def money(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def worth(deals: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    weighted = sum((deal["value"] * deal["probability"] for deal in deals), Decimal(0)) / 100
    value = sum((deal["value"] for deal in deals), Decimal(0))
    return {"deals": len(deals), "value": money(value), "weighted_value": money(weighted)}


def named(stage: Mapping[str, Any], *more: str) -> dict[str, Any]:
    return {name: stage[name] for name in ("pipeline_id", "pipeline", "stage_id", "stage", "kind", *more)}


def pipeline(tables: Tables) -> Rows:
    found = []
    for stage in tables.stages():
        by_currency = defaultdict(list)
        for deal in tables.seen("deals"):
            if deal["stage_id"] == stage["stage_id"] and deal["status"] == stage["kind"]:
                by_currency[deal["currency"]].append(deal)
        for currency, deals in sorted(by_currency.items()) or [(None, [])]:
            found.append({**named(stage, "probability"), "currency": currency, **worth(deals)})
    return found


def forecast(tables: Tables) -> Rows:
    groups = defaultdict(list)
    for deal in tables.seen("deals"):
        if deal["status"] == "open" and (period := tables.label(deal["close_date"])):
            groups[period, deal["currency"]].append(deal)
    return [
        {"period": period, "currency": money, **worth(groups[period, money])}
        for period, money in sorted(groups)
    ]


def new_contacts(tables: Tables) -> Rows:
    counted = Counter((tables.label(row["created_at"]), row["source"]) for row in tables.seen("contacts"))
    known = sorted((key for key in counted if key[0]), key=lambda key: (key[0], key[1] is None, key[1]))
    return [{"period": key[0], "source": key[1], "contacts": counted[key]} for key in known]


NAIVE: Mapping[Report, Callable[[Tables], Rows]] = {
    PIPELINE: pipeline,
    FORECAST: forecast,
    NEW_CONTACTS: new_contacts,
}
