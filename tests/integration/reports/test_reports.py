"""Reports over REST and GraphQL: days, tables for spreadsheets, and what each caller may know."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running
from tests.integration.deals.clients import deal, sales
from tests.integration.people import person

from hastecrm.core.clock import utc_now
from hastecrm.core.graphql.contract import PATH as GRAPHQL
from hastecrm.core.identity import Visibility

REPORTS = "/api/v1/reports"


async def report(api: Running, name: str, query: str = "", **options: Any) -> Any:
    answer = await api.call("GET", f"{REPORTS}/{name}{query}", **options)
    assert answer.status == 200, answer.text
    return answer.json


async def graph(api: Running, query: str, **variables: Any) -> Any:
    return (await api.call("POST", GRAPHQL, json={"query": query, "variables": variables})).json


async def test_the_pipeline_report_has_every_stage_with_its_sums(api: Running) -> None:
    pipeline = await sales(api)
    first, second = pipeline["stages"][:2]
    await deal(api, value="100.10")
    await deal(api, value="50.00", stage_id=second["id"], currency="EUR")

    rows = (await report(api, "pipeline"))["items"]
    assert [row["stage"] for row in rows] == [stage["name"] for stage in pipeline["stages"]]
    assert rows[0]["value"] == "100.10"
    assert rows[0]["stage_id"] == first["id"]
    assert (rows[1]["currency"], rows[1]["deals"], rows[1]["weighted_value"]) == ("EUR", 1, "10.00")
    assert (rows[2]["currency"], rows[2]["deals"], rows[2]["value"]) == (None, 0, "0.00")


async def test_a_forecast_weighs_what_is_open_by_the_month_of_its_close_date(api: Running) -> None:
    day = utc_now().date() + timedelta(days=40)
    await deal(api, value="100.00", probability=30, close_date=str(day))
    await deal(api, value="11.00", probability=50, close_date=str(day))
    await deal(api, value="99.00")

    answer = await report(api, "forecast")
    assert answer["period"] == "month"
    assert answer["from"] == str(utc_now().date())
    assert answer["items"] == [
        {
            "period": str(day.replace(day=1)),
            "currency": "USD",
            "deals": 2,
            "value": "111.00",
            "weighted_value": "35.50",
        }
    ]


@pytest.mark.parametrize(
    ("query", "accept"), [("?format=csv", "*/*"), ("", "text/csv"), ("?format=csv", "application/json")]
)
async def test_each_report_is_also_a_table(api: Running, query: str, accept: str) -> None:
    for source in ("=1+1", "web", "web"):
        await api.call("POST", CONTACTS, json={"first_name": "Ada", "source": source})

    answer = await api.call("GET", f"{REPORTS}/new-contacts{query}", headers={"Accept": accept})
    month = str(utc_now().date().replace(day=1))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="new-contacts.csv"'
    assert "Accept" in answer.headers["Vary"]
    assert list(csv.reader(answer.text.splitlines())) == [
        ["period", "source", "contacts"],
        [month, "'=1+1", "1"],
        [month, "web", "2"],
    ]


async def test_json_is_what_a_browser_or_a_program_gets(api: Running) -> None:
    for accept in ("*/*", "application/json, text/csv", "text/html"):
        answer = await api.call("GET", f"{REPORTS}/pipeline", headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/json"


async def test_graphql_says_the_same(api: Running) -> None:
    day = utc_now().date() + timedelta(days=40)
    await deal(api, value="100.00", probability=30, close_date=str(day))
    rest = (await report(api, "forecast", f"?from={day}&to={day}&period=day"))["items"]

    found = await graph(
        api,
        "query($of: ReportInput) {forecastReport(of: $of) {period currency deals value weightedValue}}",
        of={"from": str(day), "to": str(day), "period": "DAY"},
    )
    [row] = found["data"]["forecastReport"]
    weighted = row.pop("weightedValue")
    assert {**row, "weighted_value": weighted} == rest[0]


async def test_what_a_report_does_not_take_is_refused(api: Running) -> None:
    refused = await graph(api, "{pipelineReport(of: {period: DAY}) {deals}}")
    wrong = await api.call("GET", f"{REPORTS}/forecast?timezone=Mars")

    assert refused["errors"][0]["extensions"]["code"] == "VALIDATION_FAILED"
    assert (wrong.status, wrong.json["errors"][0]["parameter"]) == (422, "timezone")


async def test_whoever_sees_their_own_only_counts_their_own(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", visibility=Visibility.OWN)
    for owner in (str(ann.id), None):
        body = {"first_name": "Ada", "owner_id": owner}
        assert (await api.call("POST", CONTACTS, json=body)).status == 201

    hers = await ann.call(api, "GET", f"{REPORTS}/new-contacts")
    nobodys = await ann.call(api, "GET", f"{REPORTS}/new-contacts?owner=none")
    everyones = await report(api, "new-contacts")
    assert sum(row["contacts"] for row in hers.json["items"]) == 1
    assert nobodys.json["items"] == []
    assert sum(row["contacts"] for row in everyones["items"]) == 2
