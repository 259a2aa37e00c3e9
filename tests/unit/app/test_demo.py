"""The invented CRM: the same every time, and such as could have been typed in."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hastecrm.demo import records
from hastecrm.demo.records import COMPANIES, CONTACTS, DEALS, Stage, World
from hastecrm.demo.words import company_name

NOW = datetime(2026, 11, 27, tzinfo=UTC)
OWNERS = [UUID(int=n) for n in range(1, 9)]
STAGES = [Stage(UUID(int=n), UUID(int=9), 20 * n, n == 4) for n in range(5)]
WORLD = World(UUID(int=1), 2_000, NOW, OWNERS, [UUID(int=77)], STAGES)
Rows = Callable[[World], Iterator[str]]


def table(rows: Rows, columns: tuple[str, ...]) -> list[dict[str, str]]:
    split = [line.rstrip("\n").split("\t") for line in rows(WORLD)]
    return [dict(zip(columns, values, strict=True)) for values in split]


@pytest.mark.parametrize("rows", [records.contacts, records.companies, records.deals, records.deal_contacts])
def test_the_same_world_has_the_same_rows(rows: Rows) -> None:
    assert list(rows(WORLD)) == list(rows(WORLD))


def test_a_larger_world_begins_with_the_same_people() -> None:
    larger = World(WORLD.workspace, 2_500, NOW, OWNERS)
    names = [line.split("\t")[1:4] for line in records.contacts(larger)]

    assert [line.split("\t")[1] for line in records.contacts(WORLD)] == [name[0] for name in names[:2_000]]


def test_nobody_is_there_twice() -> None:
    people = table(records.contacts, CONTACTS)

    for column in ("id", "email"):
        assert len({person[column] for person in people}) == 2_000
    assert len({company_name(index)[0] for index in range(100_000)}) == 100_000


def test_few_names_are_frequent_and_most_are_rare() -> None:
    people = table(records.contacts, CONTACTS)
    names = Counter(person["last_name"] for person in people)
    employers = Counter(person["company_id"] for person in people)

    assert names.most_common(1)[0][1] > 20
    assert sum(1 for often in names.values() if often == 1) > len(names) / 3
    assert employers.most_common(1)[0][1] > 2 * 2_000 / len(employers)


def test_newer_records_have_larger_ids_and_nothing_is_of_tomorrow() -> None:
    people = table(records.contacts, CONTACTS)

    for column in ("id", "created_at"):
        assert [person[column] for person in people] == sorted(person[column] for person in people)
    assert all(person["created_at"] <= person["updated_at"] <= str(NOW) for person in people)


def test_deals_are_in_a_stage_that_fits() -> None:
    deals = table(records.deals, DEALS)

    assert len(deals) == 200
    assert {deal["status"] for deal in deals} == {"open", "won", "lost"}
    for deal in deals:
        assert (
            (deal["won_reason"] != "\\N")
            == (deal["status"] == "won")
            == (deal["stage_id"] == str(UUID(int=4)))
        )
        assert (deal["closed_at"] == "\\N") == (deal["status"] == "open")
    assert [deal["position"] for deal in deals] == sorted((deal["position"] for deal in deals), reverse=True)


def test_companies_have_a_domain_of_their_own_that_is_nobodys() -> None:
    companies = table(records.companies, COMPANIES)

    assert len({company["domain"] for company in companies}) == len(companies) == 500
    assert all(company["domain"].endswith(".example") for company in companies)
