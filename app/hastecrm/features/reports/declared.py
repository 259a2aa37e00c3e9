"""Every report that there is. Only the module's own words are put into statements."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hastecrm.features.reports.domain import Column, Holds, Report

_PERIOD: Final = Column("period", Holds.DAY, "The first day of the period.")
_CURRENCY: Final = Column("currency", Holds.TEXT, "The currency of the sums (ISO 4217).")
_STAGE: Final = (
    Column("pipeline_id", Holds.ID, "The pipeline."),
    Column("pipeline", Holds.TEXT, "The name of the pipeline."),
    Column("stage_id", Holds.ID, "The stage."),
    Column("stage", Holds.TEXT, "The name of the stage."),
    Column("kind", Holds.TEXT, "What deals are in the stage: `open`, `won` or `lost`."),
)
_STAGES: Final = (
    "SELECT p.id AS pipeline_id, p.name AS pipeline, s.id AS stage_id, s.name AS stage, s.kind, {shown} "
    "FROM pipelines AS p JOIN stages AS s ON s.workspace_id = p.workspace_id AND s.pipeline_id = p.id "
    "{joined} WHERE p.workspace_id = $1 AND p.deleted_at IS NULL {{pipeline}} "
)
_IN_ORDER: Final = "ORDER BY pipeline, pipeline_id, position, stage_id"
_MONEY: Final = "({})::numeric(20, 2)::text"

PIPELINE: Final = Report(
    "pipeline",
    "What the deals of each stage are worth now, and what they weigh in a forecast",
    [
        *_STAGE,
        Column("probability", Holds.COUNT, "How likely deals of the stage are won, in percent."),
        Column("currency", Holds.TEXT, "The currency; null for a stage without deals.", nullable=True),
        Column("deals", Holds.COUNT, "How many deals are in it."),
        Column("value", Holds.MONEY, "What they are worth."),
        Column("weighted_value", Holds.MONEY, "What they are worth, each times its probability."),
    ],
    _STAGES.format(
        shown="s.probability, currency, coalesce(t.deals, 0) AS deals, "
        f"{_MONEY.format('coalesce(t.value, 0)')} AS value, "
        f"{_MONEY.format('coalesce(t.weighted, 0) / 100')} AS weighted_value",
        joined="LEFT JOIN LATERAL (SELECT currency, sum(deals)::bigint AS deals, sum(value) AS value, "
        "sum(weighted) AS weighted FROM deal_totals WHERE workspace_id = $1 AND stage_id = s.id "
        "AND status = s.kind {owned} GROUP BY currency HAVING sum(deals) > 0) AS t ON true",
    )
    + f"{_IN_ORDER}, currency",
    nobody=UUID(int=0),
    pipeline="p.id",
)

FORECAST: Final = Report(
    "forecast",
    "What open deals will bring in each period of their close dates, weighted by probability",
    [
        _PERIOD,
        _CURRENCY,
        Column("deals", Holds.COUNT, "How many open deals are to close in it."),
        Column("value", Holds.MONEY, "What they are worth."),
        Column("weighted_value", Holds.MONEY, "What they are worth, each times its probability."),
    ],
    "SELECT {period} AS period, currency, count(*) AS deals, "
    f"{_MONEY.format('sum(value)')} AS value, "
    f"{_MONEY.format('sum(value * probability) / 100')} AS weighted_value FROM deals "
    "WHERE workspace_id = $1 AND deleted_at IS NULL AND status = 'open' AND {within} {owned} {pipeline} "
    "GROUP BY 1, 2 ORDER BY 1, 2",
    moment="close_date",
    is_dated=True,
    is_ahead=True,
    is_cut=True,
    pipeline="pipeline_id",
)

NEW_CONTACTS: Final = Report(
    "new-contacts",
    "How many contacts were added in each period, by where they came from",
    [
        _PERIOD,
        Column("source", Holds.TEXT, "Where they came from.", nullable=True),
        Column("contacts", Holds.COUNT, "How many were added."),
    ],
    "SELECT {period} AS period, source, count(*) AS contacts FROM contacts "
    "WHERE workspace_id = $1 AND deleted_at IS NULL AND {within} {owned} GROUP BY 1, 2 ORDER BY 1, 2",
    moment="created_at",
    is_cut=True,
)

REPORTS: Final[Sequence[Report]] = (PIPELINE, FORECAST, NEW_CONTACTS)
