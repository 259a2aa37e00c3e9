"""Mails to contacts: written from templates, sent by a worker over SMTP, and told of by an activity."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.integration.application import SECRET, Answer, Running, running
from tests.integration.mail.post_office import environment, post_office
from tests.integration.people import Person, person
from tests.integration.servers import Postgres

from hastecrm.core.identity import Visibility
from hastecrm.core.mail import ATTEMPTS
from hastecrm.features.mail.settling import SettleMails

CONTACTS, TEMPLATES = "/api/v1/contacts", "/api/v1/mail-templates"
OFFER = {
    "name": "Offer",
    "subject": "An offer for {{contact.company | you}}",
    "body": "Dear {{contact.first_name}},\n\n{{contact.custom.drink | tea}}? {{contact.title}}\n"
    "{{sender.name}}",
    "html": "<p onclick='x()'>Dear {{contact.first_name}}</p>",
}


async def made(api: Running, path: str, **values: Any) -> Any:
    answer = await api.call("POST", path, json=values)
    assert answer.status == 201, answer.text
    return answer.json


async def drink(api: Running) -> None:
    await made(api, "/api/v1/custom-fields", entity="contact", key="drink", label="Drink", type="text")


async def until_told(api: Running, activity: str, status: str) -> Any:
    async with asyncio.timeout(60):
        while (told := (await api.call("GET", f"/api/v1/activities/{activity}")).json)[
            "mail_status"
        ] != status:
            await asyncio.sleep(0.05)
    return told


async def sent(api: Running, contact: str, body: Mapping[str, Any], **headers: str) -> Answer:
    return await api.call("POST", f"{CONTACTS}/{contact}/mail", json=body, headers=headers)


async def test_a_template_is_shown_as_a_contact_would_get_it(api: Running) -> None:
    await drink(api)
    template = await made(api, TEMPLATES, **OFFER)
    ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
    shown = await api.call("GET", f"{TEMPLATES}/{template['id']}/preview?contact={ada['id']}")

    assert template["html"] == "<p>Dear {{contact.first_name}}</p>"
    assert shown.json == {
        "to": "ada@example.com",
        "subject": "An offer for you",
        "text": "Dear Ada,\n\ntea? \n",
        "html": "<p>Dear Ada</p>",
        "empty": ["contact.title", "sender.name"],
    }


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{{contact.password}}", "{{contact.password}}"),
        ("{{contact.custom.drunk}}", "{{contact.custom.drunk}}"),
        ("{{contact.__class__.mro}}", "not of the form"),
        ("{{deal.title}}", "{{deal.title}}"),
        ("{{contact.first_name", "belongs to no placeholder"),
    ],
)
async def test_placeholders_that_name_nothing_are_refused(api: Running, body: str, problem: str) -> None:
    answer = await api.call("POST", TEMPLATES, json={**OFFER, "body": body})

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
    [error] = answer.json["errors"]
    assert error["pointer"] == "/body"
    assert problem in error["detail"]


async def test_a_mail_reaches_the_contact_and_its_activity_tells_so(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api, running("worker", settings):
            await drink(api)
            template = await made(api, TEMPLATES, **OFFER)
            ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com", company="Acme")
            answer = await sent(api, ada["id"], {"template_id": template["id"]})
            told = await until_told(api, answer.json["id"], "sent")
            history = (await api.call("GET", f"/api/v1/activities/{told['id']}/history")).json["items"]

    [letter] = office.letters
    assert (answer.status, answer.json["mail_status"], answer.json["direction"]) == (
        202,
        "queued",
        "outgoing",
    )
    assert (letter["To"], letter["Subject"]) == ("ada@example.com", "An offer for Acme")
    parts = {part.get_content_type(): part.get_content().strip() for part in letter.iter_parts()}
    assert parts["text/plain"].startswith("Dear Ada,")
    assert parts["text/html"] == "<p>Dear Ada</p>"
    assert (told["type"], told["title"], told["contact_id"]) == ("email", "An offer for Acme", ada["id"])
    assert told["message_id"] == letter["Message-ID"]
    assert [each["action"] for each in history] == ["activity.changed", "activity.created"]


async def test_an_answer_belongs_to_its_conversation(
    postgres: Postgres, own_database: str, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api, running("worker", settings):
            ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
            call = await made(api, "/api/v1/activities", title="Call", type="call")
            first = await sent(api, ada["id"], {"subject": "Hi", "body": "Hi"})
            told = await until_told(api, first.json["id"], "sent")
            text = {"subject": "Re: Hi", "body": "Well?"}
            again = await sent(api, ada["id"], {**text, "reply_to_id": told["id"]})
            answer = await until_told(api, again.json["id"], "sent")
            no_mail = await sent(api, ada["id"], {**text, "reply_to_id": call["id"]})

    assert office.letters[1]["In-Reply-To"] == office.letters[1]["References"] == told["message_id"]
    assert answer["thread_id"] == told["thread_id"] == told["message_id"]
    assert answer["message_id"] != told["message_id"]
    assert (no_mail.status, no_mail.json["code"]) == (409, "BIZ_CONFLICT")


async def test_a_mail_that_never_leaves_has_failed_after_the_last_attempt_and_can_be_sent_after_all(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        office.refusal = "451 4.7.1 try again later"
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api:
            ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
            answer = await sent(api, ada["id"], {"subject": "Hi", "body": "Hi"})
            await own_sql.execute("UPDATE jobs SET attempt = $1", ATTEMPTS - 1)
            async with running("worker", settings):
                failed = await until_told(api, answer.json["id"], "failed")
                office.refusal = None
                async with asyncio.timeout(60):
                    while not await retry(own_sql):
                        await asyncio.sleep(0.05)
                after = await until_told(api, answer.json["id"], "sent")

    assert failed["mail_error"]
    assert after["mail_error"] is None
    assert len(office.letters) == 1


async def test_a_mail_whose_job_is_gone_has_failed(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api:
            ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
            gone, waiting = [
                (await sent(api, ada["id"], {"subject": "Hi", "body": "Hi"})).json["id"] for _ in range(2)
            ]
            await own_sql.execute("DELETE FROM jobs WHERE payload ->> 'activity' = $1", gone)
            early = await SettleMails()(own_sql)
            await own_sql.execute("UPDATE activities SET updated_at = now() - interval '11 minutes'")
            late = [await SettleMails()(own_sql), await SettleMails()(own_sql)]
            told = await until_told(api, gone, "failed")
            still = (await api.call("GET", f"/api/v1/activities/{waiting}")).json

    assert (early, late) == (0, [1, 0])
    assert "send it again" in told["mail_error"]
    assert still["mail_status"] == "queued"


async def retry(sql: Any) -> bool:
    """Run a dead job again, once it is dead."""
    asked = (
        "UPDATE jobs SET dead_at = NULL, attempt = 0, run_at = now() WHERE dead_at IS NOT NULL RETURNING true"
    )
    return bool(await sql.fetchval(asked))


async def test_a_mail_can_speak_of_the_company_that_its_sender_sees(api: Running, sql: Any) -> None:
    acme = await made(api, "/api/v1/companies", name="Acme", city="Graz")
    ada = await made(api, CONTACTS, first_name="Ada", company_id=acme["id"])
    template = await made(api, TEMPLATES, name="x", subject="x", body="{{company.name}} in {{company.city}}")
    path = f"{TEMPLATES}/{template['id']}/preview?contact={ada['id']}"
    ann = await person(sql, "Ann", visibility=Visibility.OWN)
    await api.call("PATCH", f"{CONTACTS}/{ada['id']}", json={"owner_id": str(ann.id)})
    seen, unseen = await api.call("GET", path), await ann.call(api, "GET", path)

    assert seen.json["text"] == "Acme in Graz"
    assert (unseen.json["text"], unseen.json["empty"]) == (" in ", ["company.city", "company.name"])


async def test_answers_go_to_whoever_wrote_the_mail(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api, running("worker", settings):
            ann: Person = await person(own_sql, "Ann")
            ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
            text = {"subject": "Hi", "body": "I am {{sender.name}}, {{sender.email}}"}
            answer = await ann.call(api, "POST", f"{CONTACTS}/{ada['id']}/mail", json=text)
            await until_told(api, answer.json["id"], "sent")

    [letter] = office.letters
    assert answer.json["owner_id"] == str(ann.id)
    assert letter["From"] == "Ann <crm@example.com>"
    assert ann.email in letter["Reply-To"]
    assert letter["List-Unsubscribe"] == f"<mailto:{ann.email}?subject=unsubscribe>"
    assert letter["Auto-Submitted"] is None
    assert letter.get_content().strip() == f"I am Ann, {ann.email}"


async def test_a_mail_that_is_refused_for_good_has_failed_with_the_reason(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        office.refusal = "550 5.1.1 no such mailbox"
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api, running("worker", settings):
            ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
            answer = await sent(api, ada["id"], {"subject": "Hi", "body": "Hi"})
            told = await until_told(api, answer.json["id"], "failed")

    assert "550" in told["mail_error"]
    assert office.letters == []


async def test_the_same_request_twice_sends_one_mail(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api:
            ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
            text = {"subject": "Hi", "body": "very private"}
            key = {"Idempotency-Key": "one-mail-only"}
            answers = [await sent(api, ada["id"], text, **key) for _ in range(2)]
            jobs = await own_sql.fetch("SELECT payload FROM jobs WHERE kind = 'send_mail_to_contact'")

    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].body == answers[1].body
    [job] = jobs
    assert "very private" not in job["payload"]


async def test_without_an_smtp_server_nothing_is_sent_and_nothing_told(api: Running, sql: Any) -> None:
    ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
    answer = await sent(api, ada["id"], {"subject": "Hi", "body": "Hi"})

    assert (answer.status, answer.json["code"]) == (503, "SYS_MAIL_UNAVAILABLE")
    assert await sql.fetchval("SELECT count(*) FROM activities") == 0


async def test_a_contact_without_an_address_gets_no_mail(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(database), **environment(office, tmp_path)}
        async with running("api", settings) as api:
            ada = await made(api, CONTACTS, first_name="Ada")
            answer = await sent(api, ada["id"], {"subject": "Hi", "body": "Hi"})

    assert (answer.status, answer.json["code"]) == (409, "BIZ_CONFLICT")


@pytest.mark.parametrize(
    "body", [{}, {"subject": "Hi"}, {"template_id": SECRET, "subject": "Hi", "body": "Hi"}]
)
async def test_a_mail_is_of_a_template_or_written_for_the_occasion(
    api: Running, body: dict[str, str]
) -> None:
    ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
    answer = await sent(api, ada["id"], body)

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")


async def test_a_key_for_templates_alone_shows_nothing_of_a_contact(api: Running, sql: Any) -> None:
    template = await made(api, TEMPLATES, name="x", subject="{{contact.email}}", body="x")
    ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com")
    ann = await person(sql, "Ann")
    asked = {"name": "New", "scopes": ["mail_template:read"]}
    key = (await ann.call(api, "POST", "/api/v1/api-keys", json=asked)).json["key"]
    path = f"{TEMPLATES}/{template['id']}/preview?contact={ada['id']}"
    answer = await api.call("GET", path, headers={"Authorization": f"Bearer {key}"})

    assert (answer.status, answer.json["code"]) == (403, "AUTH_FORBIDDEN")
