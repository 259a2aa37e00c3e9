"""Reminders fire once each, late rather than never, and reach whoever is to do the task."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.integration.application import Running, running
from tests.integration.mail.post_office import environment, post_office
from tests.integration.people import person
from tests.integration.servers import Postgres

from hastecrm.features.timeline.reminders import Remind

TASKS = "/api/v1/tasks"


def moment(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


async def task(api: Running, **values: Any) -> Any:
    answer = await api.call("POST", TASKS, json={"title": "Send the offer", **values})
    assert answer.status == 201, answer.text
    return answer.json


async def fire(sql: Any) -> list[float]:
    """Run the job once; return how late each was."""
    late: list[float] = []
    async with sql.transaction():
        await sql.execute("SELECT set_config('hastecrm.system', 'on', true)")
        assert await Remind(None, late.append)(sql) == len(late)
    return late


async def reminded(api: Running, made: Any) -> bool:
    return (await api.call("GET", f"{TASKS}/{made['id']}")).json["reminded_at"] is not None


async def test_what_is_due_fires_once_however_late(api: Running, sql: Any) -> None:
    made = await task(api, reminder_at=moment(days=2))

    late = [await fire(sql), await fire(sql)]

    assert late[1] == []
    assert 2 * 86_400 <= late[0][0] < 2 * 86_400 + 60
    assert await reminded(api, made)
    [event, _] = (await api.call("GET", f"{TASKS}/{made['id']}/history")).json["items"]
    assert (event["action"], event["by"]) == ("task.reminded", None)


async def test_only_what_is_still_to_be_done_fires(api: Running, sql: Any) -> None:
    await task(api, reminder_at=moment(hours=-1))
    await task(api)
    for status in ("completed", "cancelled"):
        await task(api, reminder_at=moment(hours=1), status=status)
    gone = await task(api, reminder_at=moment(hours=1))
    await api.call("DELETE", f"{TASKS}/{gone['id']}")

    assert await fire(sql) == []


async def test_another_moment_fires_again_and_meets_no_conflict(api: Running, sql: Any) -> None:
    made = await task(api, reminder_at=moment(hours=2))
    await fire(sql)
    path, read = f"{TASKS}/{made['id']}", {"If-Match": f'"{made["version"]}"'}

    same = await api.call("PATCH", path, json={"title": "Send it"}, headers=read)
    assert await fire(sql) == []
    later = await api.call("PATCH", path, json={"reminder_at": moment(minutes=1)})

    assert (same.status, later.json["reminded_at"]) == (200, None)
    assert len(await fire(sql)) == 1


async def test_a_worker_writes_to_whoever_is_to_do_it(
    postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path
) -> None:
    ann = await person(own_sql, "Ann")
    await own_sql.execute(
        "UPDATE users SET email_verified_at = now(), time_zone = 'Europe/Vienna' WHERE id = $1", ann.id
    )
    async with running("api", postgres.environment(own_database)) as api:
        body = {"title": "Send the offer", "reminder_at": moment(minutes=5), "due_at": "2026-12-01T08:00:00Z"}
        assert (await ann.call(api, "POST", TASKS, json=body)).status == 201
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("worker", settings) as worker:
            await office.until(letters=1)
            async with asyncio.timeout(10):
                while "hastecrm_reminder_lag_seconds_count 1.0" not in (
                    metrics := (await worker.probe("/metrics")).text
                ):
                    await asyncio.sleep(0.02)

    [letter] = office.letters
    assert letter["Subject"] == "Reminder: Send the offer"
    assert "Due: Tuesday, 01 December 2026, 09:00 (Europe/Vienna)" in letter.get_content()
    assert 'hastecrm_reminder_lag_seconds_bucket{le="900.0"} 1.0' in metrics


async def test_completing_a_task_that_repeats_makes_the_next_one_once(api: Running) -> None:
    series = {"repeats": "weekly", "repeat_every": 2, "due_at": "2026-01-05T08:00:00Z"}
    made = await task(api, reminder_at="2026-01-05T07:00:00Z", **series)

    for status in ("completed", "todo", "completed"):
        done = await api.call("PATCH", f"{TASKS}/{made['id']}", json={"status": status})
        assert (done.status, done.json["repeats"]) == (200, None)

    [following, old] = (await api.call("GET", TASKS)).json["items"]
    due, remind = [datetime.fromisoformat(following[name]) for name in ("due_at", "reminder_at")]
    assert (old["status"], following["status"], following["title"]) == ("completed", "todo", made["title"])
    assert (following["repeats"], following["repeat_every"]) == ("weekly", 2)
    assert (due - datetime(2026, 1, 5, 8, tzinfo=UTC)) % timedelta(weeks=2) == timedelta(0)
    assert due > datetime.now(UTC)
    assert due - remind == timedelta(hours=1)
    [event] = (await api.call("GET", f"{TASKS}/{following['id']}/history")).json["items"]
    assert event["action"] == "task.created"


async def test_tasks_completed_together_all_come_again(api: Running) -> None:
    made = [await task(api, repeats="daily") for _ in range(3)]

    body = {"ids": [each["id"] for each in made], "change": {"status": "completed"}}
    assert (await api.call("POST", f"{TASKS}/change", json=body)).json == {"changed": 3}

    todo = (await api.call("GET", f"{TASKS}?filter=status%20%3D%20%22todo%22")).json["items"]
    assert [each["repeats"] for each in todo] == ["daily"] * 3
    assert all(each["due_at"] is not None for each in todo)
