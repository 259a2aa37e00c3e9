"""Letters reach a real SMTP server, or wait, or are given up: never lost in silence, never in the clear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.application import Running, running, settings_for
from tests.integration.mail.post_office import PASSWORD, PostOffice, environment, post_office
from tests.integration.servers import Postgres, free_port

from hastecrm.core.mail import Letter, Outbox
from hastecrm.core.sealing import Sealer

LETTER = Letter("ada@example.com", "Grüße", "the link is secret-link-text\n")


@asynccontextmanager
async def working(postgres: Postgres, database: str, mail: dict[str, str]) -> AsyncIterator[Running]:
    async with running("worker", {**postgres.environment(database), **mail}) as worker:
        yield worker


def outbox(postgres: Postgres, database: str) -> Outbox:
    return Outbox(Sealer.of(settings_for("api", postgres.environment(database))[0]))


async def job(sql: Any, condition: str) -> Any:
    """Wait until the letter's job is like this, and return it."""
    async with asyncio.timeout(15):
        while (
            row := await sql.fetchrow(f"SELECT * FROM jobs WHERE kind = 'send_mail' AND {condition}")  # noqa: S608
        ) is None:
            await asyncio.sleep(0.02)
    return row


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "TLS from the start"])
async def test_a_letter_arrives_whole_over_tls(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path, implicit: bool
) -> None:
    async with post_office(tmp_path, implicit=implicit) as office:
        mail = environment(office, tmp_path, TLS="tls" if implicit else "starttls")
        async with working(postgres, own_database, mail) as worker:
            await outbox(postgres, own_database).post(own_sql, LETTER)
            await office.until(letters=1)
            metrics = (await worker.probe("/metrics")).text

    (letter,) = office.letters
    assert (letter["To"], letter["From"]) == ("ada@example.com", "HasteCRM <crm@example.com>")
    assert letter["Subject"] == "Grüße"
    assert letter.get_content().strip() == LETTER.text.strip()
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.com>")
    assert office.signed_in
    assert 'hastecrm_remote_calls_total{outcome="answered",remote="mail"} 1.0' in metrics


async def test_a_letter_waits_sealed_and_only_if_its_transaction_commits(
    postgres: Postgres, own_database: str, own_sql: Any
) -> None:
    undone = own_sql.transaction()
    await undone.start()
    await outbox(postgres, own_database).post(own_sql, LETTER)
    await undone.rollback()
    await outbox(postgres, own_database).post(own_sql, LETTER)
    rows = await own_sql.fetch("SELECT payload FROM jobs")

    assert len(rows) == 1
    assert "secret-link" not in rows[0]["payload"]


async def test_a_server_that_cannot_prove_its_name_gets_neither_letter_nor_password(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    async with post_office(tmp_path) as office, post_office(tmp_path / "other"):
        mail = environment(office, tmp_path / "other")
        async with working(postgres, own_database, mail):
            await outbox(postgres, own_database).post(own_sql, LETTER)
            failed = await job(own_sql, "error IS NOT NULL")

    assert (office.letters, office.signed_in) == ([], [])
    assert "certificate" in failed["error"].lower()
    assert failed["dead_at"] is None


@pytest.mark.parametrize(
    ("refusal", "is_dead"),
    [("550 5.1.1 no such mailbox", True), ("451 4.7.1 greylisted, try again later", False)],
    ids=["for good", "for now"],
)
async def test_a_refused_letter_is_given_up_or_tried_again(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path, refusal: str, is_dead: bool
) -> None:
    async with post_office(tmp_path) as office:
        office.refusal = refusal
        async with working(postgres, own_database, environment(office, tmp_path)):
            await outbox(postgres, own_database).post(own_sql, LETTER)
            failed = await job(own_sql, "error IS NOT NULL AND lease IS NULL")
            assert (failed["dead_at"] is not None) is is_dead
            if not is_dead:
                office.refusal = None
                await own_sql.execute("UPDATE jobs SET run_at = now()")
                await office.until(letters=1)

    assert len(office.letters) == (0 if is_dead else 1)


async def test_a_wrong_mail_password_keeps_letters_and_tells_nobody_which(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        mail = environment(office, tmp_path, PASSWORD="not-the-mail-password")
        async with working(postgres, own_database, mail):
            await outbox(postgres, own_database).post(own_sql, LETTER)
            failed = await job(own_sql, "error IS NOT NULL AND lease IS NULL")

    assert failed["dead_at"] is None
    assert "not-the-mail-password" not in failed["error"] + PASSWORD


async def slow_or_gone(office: PostOffice, how: str) -> dict[str, str]:
    if how == "gone":
        return {"PORT": str(free_port())}
    office.silence = 3.0
    return {"TIMEOUT": "300ms"}


@pytest.mark.parametrize("how", ["gone", "slow"])
async def test_a_server_that_is_away_costs_a_bounded_time_and_the_letter_waits(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path, how: str
) -> None:
    async with post_office(tmp_path) as office:
        mail = environment(office, tmp_path, **await slow_or_gone(office, how))
        async with working(postgres, own_database, mail) as worker:
            await outbox(postgres, own_database).post(own_sql, LETTER)
            failed = await job(own_sql, "error IS NOT NULL AND lease IS NULL")
            health = (await worker.probe("/health/ready")).status
            metrics = (await worker.probe("/metrics")).text

    assert (failed["attempt"], failed["dead_at"]) == (1, None)
    assert health == 200
    assert 'hastecrm_breaker_state{breaker="mail"}' in metrics


async def test_after_some_failures_the_server_is_left_alone_for_a_while(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    async with post_office(tmp_path) as office:
        mail = environment(office, tmp_path, PORT=str(free_port()))
        async with working(postgres, own_database, mail) as worker:
            for _ in range(6):
                await outbox(postgres, own_database).post(own_sql, LETTER)
            async with asyncio.timeout(15):
                while 'outcome="refused",remote="mail"} 0.0' in (await worker.probe("/metrics")).text:
                    await asyncio.sleep(0.05)
            metrics = (await worker.probe("/metrics")).text

    assert 'hastecrm_breaker_transitions_total{breaker="mail",to="open"} 1.0' in metrics


async def test_a_letter_that_is_too_late_to_be_of_use_is_not_sent(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    late = Letter(LETTER.to, "late", LETTER.text, good_until=datetime.now(UTC) - timedelta(seconds=1))
    async with (
        post_office(tmp_path) as office,
        working(postgres, own_database, environment(office, tmp_path)),
    ):
        await outbox(postgres, own_database).post(own_sql, late)
        failed = await job(own_sql, "dead_at IS NOT NULL")

    assert "too late" in failed["error"]
    assert office.letters == []


@pytest.mark.parametrize(
    ("to", "subject"),
    [("ada@example.com\r\nBcc: eve@example.com", "x"), ("ada@example.com", "x\r\nBcc: eve@example.com")],
    ids=["recipient", "subject"],
)
async def test_nobody_can_add_headers(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path, to: str, subject: str
) -> None:
    async with (
        post_office(tmp_path) as office,
        working(postgres, own_database, environment(office, tmp_path)),
    ):
        await outbox(postgres, own_database).post(own_sql, Letter(to, subject, "x"))
        failed = await job(own_sql, "dead_at IS NOT NULL")

    assert "cannot be written" in failed["error"]
    assert office.letters == []
