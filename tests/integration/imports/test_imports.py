"""Imports over REST and GraphQL, on a real database."""

from typing import Any

import pytest
from tests.integration.application import Running
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility

CONTACTS = "/api/v1/contacts"
PEOPLE = "Vorname;Nachname;E-Mail;Ort\nAda;Lovelace;ada@example.com;London\nAlan;Turing;alan@example.com;\n"


async def sent(api: Running, csv: str, **more: Any) -> dict[str, Any]:
    answer = await api.call("POST", f"{CONTACTS}/import", json={"csv": csv, **more})
    assert answer.status == 200, answer.text
    return dict(answer.json)


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    return tuple(told[name] for name in ("created", "updated", "unchanged", "skipped", "refused"))


async def listed(api: Running) -> list[dict[str, Any]]:
    return list((await api.call("GET", f"{CONTACTS}?order_by=last_name")).json["items"])


async def test_rows_become_records_and_the_same_file_again_changes_nothing(api: Running) -> None:
    first = await sent(api, PEOPLE)
    again = await sent(api, PEOPLE)

    assert (counts(first), counts(again)) == ((2, 0, 0, 0, 0), (0, 0, 2, 0, 0))
    assert first["mapping"]["Ort"] == "city"
    ada, alan = await listed(api)
    assert (ada["first_name"], ada["email"], ada["city"]) == ("Ada", "ada@example.com", "London")
    assert (alan["city"], alan["version"]) == (None, 1)
    done = (await api.call("GET", f"{CONTACTS}/{ada['id']}/history")).json["items"]
    assert [each["action"] for each in done] == ["contact.created"]


async def test_a_dry_run_tells_the_same_and_changes_nothing(api: Running) -> None:
    told = await sent(api, PEOPLE, dry_run=True)

    assert (told["dry_run"], counts(told)) == (True, (2, 0, 0, 0, 0))
    assert await listed(api) == []


async def test_what_is_wrong_is_left_out_and_told_and_can_be_mended(api: Running) -> None:
    csv = "first_name,email,note\nAda,ada@example.com,a\nBob,bob,b\n,c@example.com,c\nDan,,d,e\nEve,x@y.zz\n"
    told = await sent(api, csv)

    assert counts(told) == (2, 0, 0, 0, 3)
    assert told["ignored"] == ["note"]
    assert [(each["row"], each["column"], each["value"]) for each in told["errors"]] == [
        (3, "email", "bob"), (4, "first_name", ""), (5, None, None),
    ]  # fmt: skip
    assert told["errors"][0]["detail"] == "must be an e-mail address such as ada@example.com"
    mended = told["refused_csv"].replace("bob,b", "bob@example.com,b").replace("Dan,,d,e", "Dan,,d")
    assert counts(await sent(api, mended)) == (2, 0, 0, 0, 1)


async def test_a_strategy_leaves_out_the_other_rows(api: Running) -> None:
    await sent(api, PEOPLE.partition("Alan")[0])

    assert counts(await sent(api, PEOPLE.replace("Ada", "A."), strategy="create")) == (1, 0, 0, 1, 0)
    assert counts(await sent(api, PEOPLE.replace("Ada", "A."), strategy="update")) == (0, 1, 1, 0, 0)


@pytest.mark.parametrize(("empty", "city"), [("keep", "London"), ("clear", None)])
async def test_an_empty_cell_keeps_or_clears(api: Running, empty: str, city: str | None) -> None:
    await sent(api, PEOPLE)
    await sent(api, PEOPLE.replace("London", ""), empty=empty)

    assert (await listed(api))[0]["city"] == city


async def test_the_second_row_of_the_same_person_changes_what_the_first_made(api: Running) -> None:
    told = await sent(api, "first_name,email\nAda,ada@example.com\nAda L.,ada@example.com\n")

    assert counts(told) == (1, 1, 0, 0, 0)


async def test_a_contact_is_linked_to_the_company_that_it_names_if_there_is_one_only(api: Running) -> None:
    companies = {"csv": "name,domain\nAcme,acme.example\nTwin,a.example\nTwin,b.example\n"}
    assert (await api.call("POST", "/api/v1/companies/import", json=companies)).json["created"] == 3
    csv = "first_name,last_name,company\nAda,A,Acme\nBob,B,Twin\nCid,C,Other\nDan,D,\n"

    assert counts(await sent(api, csv)) == (4, 0, 0, 0, 0)
    [acme] = (await api.call("GET", '/api/v1/companies?filter=name="Acme"')).json["items"]
    assert [each["company_id"] for each in await listed(api)] == [acme["id"], None, None, None]


async def test_fields_of_the_workspaces_own_are_checked(api: Running) -> None:
    field = {"entity": "contact", "key": "vat", "label": "VAT", "type": "text"}
    assert (await api.call("POST", "/api/v1/custom-fields", json=field)).status == 201
    csv, mapping = "N,V\nAda,AT1\n", {"N": "first_name"}

    assert counts(await sent(api, csv, mapping={**mapping, "V": "custom.vat"})) == (1, 0, 0, 0, 0)
    assert (await listed(api))[0]["custom"] == {"vat": "AT1"}
    refused = await sent(api, csv, mapping={**mapping, "V": "custom.tax"})
    assert (refused["refused"], refused["errors"][0]["column"]) == (1, "V")


async def test_nobody_changes_what_they_do_not_see(api: Running, sql: Any) -> None:
    await sent(api, PEOPLE)
    seller = await person(sql, "seller", Role.MEMBER, Visibility.OWN)
    told = await seller.call(api, "POST", f"{CONTACTS}/import", json={"csv": PEOPLE.replace("Ada", "Eve")})

    assert counts(told.json) == (0, 0, 0, 0, 2)
    assert [each["first_name"] for each in await listed(api)] == ["Ada", "Alan"]


@pytest.mark.parametrize("csv", ["", "\n", "x,y\n1,2", "first_name\n" + "A\n" * 1_001, '"' + "x" * 200_000])
async def test_what_is_no_file_of_contacts_is_refused_as_a_whole(api: Running, csv: str) -> None:
    answer = await api.call("POST", f"{CONTACTS}/import", json={"csv": csv})

    assert answer.status == 422, answer.text


async def test_hostile_cells_are_told_and_never_fail(api: Running) -> None:
    told = await sent(api, 'first_name,email\n"A\x00",a@example.com\n=1+1,b@example.com\n"""",\n')

    assert (told["created"], told["errors"][0]["row"]) == (2, 2)


async def test_graphql_imports_as_rest_does(api: Running) -> None:
    wanted = "created mapping errors {row detail}"
    query = f"mutation($c: String!) {{importContacts(file: {{csv: $c}}) {{{wanted}}}}}"
    answer = await api.call("POST", "/graphql", json={"query": query, "variables": {"c": PEOPLE}})
    told = answer.json["data"]["importContacts"]

    assert (told["created"], told["errors"], told["mapping"]["Vorname"]) == (2, [], "first_name")
    wrong = 'mutation {importCompanies(file: {csv: "name", strategy: "x"}) {created}}'
    answer = await api.call("POST", "/graphql", json={"query": wrong})
    assert answer.json["errors"][0]["extensions"]["code"] == "VALIDATION_FAILED"
