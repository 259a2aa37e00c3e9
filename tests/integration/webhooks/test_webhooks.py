"""Webhooks end to end: a real API, a real worker, a receiver on loopback, which the installation allows."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.processes import role_process
from tests.integration.servers import Postgres
from tests.integration.webhooks.receiver import ALLOWED, WEBHOOKS, receiving, webhook

ADA = {"first_name": "Ada"}


@pytest.fixture
def environment(postgres: Postgres, own_database: str) -> dict[str, str]:
    return {**postgres.environment(own_database), **ALLOWED, "HASTECRM_OUTBOUND_TIMEOUT": "30s"}


@pytest.fixture
async def api(environment: dict[str, str]) -> AsyncIterator[Running]:
    async with running("api", environment) as program:
        yield program


@pytest.fixture
async def worker(api: Running, environment: dict[str, str]) -> AsyncIterator[Running]:
    async with running("worker", environment) as program:
        yield program


async def contact(api: Running, **values: str) -> Any:
    answer = await api.call("POST", CONTACTS, json={**ADA, **values})
    assert answer.status == 201
    return answer.json


async def hurry(sql: Any) -> None:
    """Let the time come of whatever waits."""
    await sql.execute("UPDATE webhooks SET paused_until = NULL")
    await sql.execute("UPDATE jobs SET run_at = now() WHERE kind = 'deliver_webhook' AND lease IS NULL")
    await sql.execute("NOTIFY hastecrm_jobs")


def is_signed(request: Any, body: bytes, secret: str) -> bool:
    """Check as the Standard Webhooks specification says."""
    head = request.headers
    content = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    made = hmac.new(b64decode(secret.removeprefix("whsec_")), content, sha256).digest()
    return f"v1,{b64encode(made).decode()}" in head["webhook-signature"].split()


async def test_what_happens_is_told_signed_with_the_record_as_rest_shows_it(
    api: Running, worker: Running
) -> None:
    async with receiving() as receiver:
        hook = await webhook(api, receiver.url, "contact.created")
        made = await contact(api)
        await api.call("PATCH", f"{CONTACTS}/{made['id']}", json={"city": "Vienna"})  # nobody asked for it
        delivery = await hook.until(status="delivered")
        [request] = receiver.taken

    assert is_signed(request, receiver.raw[0], hook.secret)
    assert request.headers["webhook-id"] == delivery["event_id"]
    [told] = receiver.bodies
    assert (told["type"], told["data"]["entity_id"]) == ("contact.created", made["id"])
    assert told["data"]["record"]["id"] == made["id"]
    assert set(told["data"]["record"]) == set(made)
    assert (delivery["attempts"], delivery["response_status"], delivery["error"]) == (1, 204, None)
    assert 'hastecrm_webhook_attempts_total{outcome="delivered"} 1.0' in (await worker.probe("/metrics")).text


async def test_what_failed_is_sent_again_under_the_same_id(
    api: Running, worker: Running, own_sql: Any
) -> None:
    async with receiving(statuses=[500, 204]) as receiver:
        hook = await webhook(api, receiver.url)
        await contact(api)
        failed = await hook.until(attempts=1)
        since = (await hook.shown())["failing_since"]
        await hurry(own_sql)
        arrived = await hook.until(status="delivered")

    assert (failed["status"], failed["error"]) == ("waiting", "the receiver answered 500")
    assert failed["next_attempt_at"] > failed["attempted_at"]
    assert (arrived["attempts"], arrived["error"]) == (2, None)
    assert len({each.headers["webhook-id"] for each in receiver.taken}) == 1
    assert since is not None
    assert (await hook.shown())["failing_since"] is None


async def test_while_a_receiver_fails_the_rest_waits(api: Running, worker: Running, own_sql: Any) -> None:
    async with receiving(statuses=[500]) as receiver:
        hook = await webhook(api, receiver.url)
        await contact(api)
        await hook.until(attempts=1)
        await own_sql.execute("UPDATE webhooks SET paused_until = now() + interval '1 hour'")
        await contact(api)
        await contact(api)
        await own_sql.execute("SELECT pg_sleep(1)")
        waiting = await hook.deliveries("?status=waiting")

    assert [each["attempts"] for each in waiting] == [0, 0, 1]
    assert len(receiver.taken) == 1


async def test_a_receiver_that_is_gone_is_told_nothing_more(api: Running, worker: Running) -> None:
    async with receiving(statuses=[410]) as receiver:
        hook = await webhook(api, receiver.url)
        await contact(api)
        await hook.until(status="failed")
        gone = await hook.shown()
        await contact(api)
        refused = await hook.post("/ping")
        again = await api.call("PATCH", hook.path, json={"active": True})

    assert (gone["active"], gone["disabled_reason"]) == (False, "The receiver answered 410 Gone.")
    assert len(await hook.deliveries()) == 1
    assert (refused.status, refused.json["code"]) == (409, "BIZ_CONFLICT")
    assert (again.json["active"], again.json["disabled_reason"]) == (True, None)
    history = (await api.call("GET", f"{hook.path}/history")).json["items"]
    assert "webhook.disabled" in [each["action"] for each in history]


async def test_a_receiver_that_answers_nothing_for_days_is_given_up(
    api: Running, worker: Running, own_sql: Any
) -> None:
    hook = await webhook(api, "http://127.0.0.1:9/hook")
    await contact(api)
    await hook.until(attempts=1)
    await own_sql.execute("UPDATE webhooks SET failing_since = now() - interval '4 days'")
    await own_sql.execute("UPDATE webhook_deliveries SET since = now() - interval '4 days'")
    await hurry(own_sql)
    await hook.until(status="failed", attempts=2)

    assert (await hook.shown())["disabled_reason"] == "Nothing has arrived for 4 days."


async def test_a_redirect_to_where_nobody_may_go_is_not_followed(api: Running, worker: Running) -> None:
    async with receiving(statuses=[302], headers={"Location": "http://169.254.169.254/latest"}) as receiver:
        hook = await webhook(api, receiver.url)
        await contact(api)
        failed = await hook.until(attempts=1)

    assert (failed["response_status"], failed["error"]) == (302, "the receiver answered 302")


async def test_a_name_that_leads_into_a_private_network_is_not_called(
    api: Running, postgres: Postgres, own_database: str
) -> None:
    async with running("worker", postgres.environment(own_database)), receiving() as receiver:
        hook = await webhook(api, receiver.url.replace("127.0.0.1", "localhost"))
        await contact(api)
        failed = await hook.until(attempts=1)

    assert "may not be called" in failed["error"]
    assert receiver.taken == []


async def test_messages_are_tried_and_sent_again_on_request(
    api: Running, worker: Running, own_sql: Any
) -> None:
    async with receiving() as receiver:
        hook = await webhook(api, receiver.url)
        pinged = await hook.post("/ping")
        await hook.until(status="delivered", event="webhook.ping")
        one = await hook.post(f"/deliveries/{pinged.json['id']}/redeliver")
        await receiver.until(messages=2)
        await hook.until(status="delivered")
        await own_sql.execute("UPDATE webhook_deliveries SET status = 'failed'")
        many = await hook.post("/redeliver", json={"since": pinged.json["created_at"]})
        await receiver.until(messages=3)

    assert [pinged.status, one.status, many.status] == [202, 202, 202]
    assert many.json == {"redelivered": 1}
    assert [body["type"] for body in receiver.bodies] == ["webhook.ping"] * 3
    assert len({each.headers["webhook-id"] for each in receiver.taken}) == 1


async def test_the_secret_before_counts_for_a_while(api: Running, worker: Running) -> None:
    async with receiving() as receiver:
        hook = await webhook(api, receiver.url)
        rolled = await hook.post("/secret")
        await hook.post("/ping")
        await receiver.until(messages=1)

    assert rolled.json["secret"] != hook.secret
    assert all(
        is_signed(receiver.taken[0], receiver.raw[0], each) for each in (hook.secret, rolled.json["secret"])
    )


async def test_a_worker_that_dies_in_between_loses_nothing(
    api: Running, environment: dict[str, str], own_sql: Any
) -> None:
    quick = {**environment, "HASTECRM_JOB_LEASE": "1s"}
    async with receiving(silent=True) as receiver:
        hook = await webhook(api, receiver.url)
        async with role_process("worker", quick) as dying:
            await contact(api)
            await receiver.until(messages=1)
            dying.signal(9)
        receiver.silent = False
        async with running("worker", quick):
            arrived = await hook.until(status="delivered")

    assert arrived["attempts"] == 1
    assert len({each.headers["webhook-id"] for each in receiver.taken}) == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("url", "https://10.0.0.1/hook", "may not be called"),
        ("url", "https://169.254.169.254/latest", "may not be called"),
        ("url", "http://[::1]/", "may not be called"),
        ("url", "https://user:secret@example.com/", "must be an address"),
        ("url", "https://example.com:99999/", "must be an address"),
        ("events", ["invoice.created"], "must be such as deal.moved"),
        ("events", ["contact"], "must be such as deal.moved"),
        ("events", ["*"], "must be such as deal.moved"),
        ("events", ["webhook.created"], "must be such as deal.moved"),
    ],
)
async def test_what_could_never_work_is_refused(api: Running, field: str, value: object, said: str) -> None:
    body = {"name": "Billing", "url": "https://example.com/", "events": ["deal.*"], field: value}
    answer = await api.call("POST", WEBHOOKS, json=body)

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert said in answer.text


async def test_graphql_does_the_same(api: Running, worker: Running) -> None:
    async with receiving() as receiver:
        hook = await webhook(api, receiver.url)
        ask = f'mutation {{rollWebhookSecret(id: "{hook.id}") pingWebhook(id: "{hook.id}") {{status}}}}'
        done = await api.call("POST", "/graphql", json={"query": ask})
        await hook.until(status="delivered")
        query = f'{{webhookDeliveries(id: "{hook.id}", status: DELIVERED) {{items {{event attempts}}}}}}'
        found = await api.call("POST", "/graphql", json={"query": query})

    assert done.json["data"]["rollWebhookSecret"].startswith("whsec_")
    assert done.json["data"]["pingWebhook"] == {"status": "WAITING"}
    [delivery] = found.json["data"]["webhookDeliveries"]["items"]
    assert delivery == {"event": "webhook.ping", "attempts": 1}
