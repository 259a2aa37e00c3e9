"""The invented CRM: the same every time, and such as could have been typed in."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hastecrm.demo import records, timeline
from hastecrm.demo.records import COMPANIES, CONTACTS, DEALS
from hastecrm.demo.rows import Stage, World
from hastecrm.demo.timeline import ACTIVITIES, NOTES, TASKS
from hastecrm.demo.words import company_name

NOW = datetime(2026, 11, 27, tzinfo=UTC)
OWNERS = [UUID(int=n) for n in range(1, 9)]
STAGES = [Stage(UUID(int=n), UUID(int=9), 20 * n, n == 4) for n in range(5)]
WORLD = World(UUID(int=1), 2_000, NOW, OWNERS, [UUID(int=77)], STAGES)
Rows = Callable[[World], Iterator[str]]


def table(rows: Rows, columns: tuple[str, ...]) -> list[dict[str, str]]:
    split = [line.rstrip("\n").split("\t") for line in rows(WORLD)]
    return [dict(zip(columns, values, strict=True)) for values in split]


TABLES: tuple[Rows, ...] = (
    records.contacts, records.companies, records.deals, records.deal_contacts,
    timeline.activities, timeline.tasks, timeline.notes,
)  # fmt: skip


@pytest.mark.parametrize("rows", [*TABLES])
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


def test_contacts_know_when_something_was_last_done_for_them() -> None:
    people, done = table(records.contacts, CONTACTS), table(timeline.activities, ACTIVITIES)
    last = {each["contact_id"]: each["occurred_at"] for each in done}  # the oldest come first

    assert len(done) == 4_000
    assert {person["id"]: person["last_activity_at"] for person in people} == {
        person["id"]: last.get(person["id"], "\\N") for person in people
    }
    assert 0.3 < len(last) / 2_000 < 0.95
    assert set(last) <= {person["id"] for person in people}


def test_tasks_are_completed_when_they_say_so_and_notes_are_about_somebody() -> None:
    people = {person["id"] for person in table(records.contacts, CONTACTS)}
    tasks, notes = table(timeline.tasks, TASKS), table(timeline.notes, NOTES)

    assert all((task["status"] == "completed") == (task["completed_at"] != "\\N") for task in tasks)
    assert {each["contact_id"] for each in (*tasks, *notes)} <= people
    assert (len(tasks), len(notes)) == (400, 200)
