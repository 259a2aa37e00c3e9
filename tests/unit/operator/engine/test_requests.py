"""Backup and restore objects: kept by the HasteCRM that they name, and answered once."""

from typing import Any

from tests.factories.requests import backup, restore
from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.desk import Desk
from hastecrm_operator.engine.kinds import HASTECRM, HASTECRM_BACKUP, HASTECRM_RESTORE
from hastecrm_operator.engine.requests import Requests
from hastecrm_operator.engine.stores import RequestStore


def live(version: int, name: str = "before", **more: Any) -> dict[str, Any]:
    body = backup(name, **more)
    body["metadata"] |= {"uid": f"uid-{name}", "resourceVersion": str(version)}
    return body


def names(requests: Requests, key: Key = KEY) -> list[str]:
    return [body["metadata"]["name"] for body in requests.of(key, HASTECRM_BACKUP)]


def test_a_change_is_told_to_the_hastecrm_that_is_named():
    asked: list[Key] = []
    requests = Requests(asked.append)
    requests.put(HASTECRM_BACKUP, live(1))
    requests.put(HASTECRM_BACKUP, live(2))
    requests.put(HASTECRM_BACKUP, live(3, spec={"deletionPolicy": "Delete"}))

    assert asked == [KEY, KEY]  # the second says nothing new
    assert requests.of(KEY, HASTECRM_RESTORE) == []
    [known] = requests.of(KEY, HASTECRM_BACKUP)
    assert known["metadata"]["resourceVersion"] == "3"
    assert known["spec"]["deletionPolicy"] == "Delete"


def test_an_older_version_than_the_known_one_is_no_news():
    requests = Requests(lambda _: None)
    requests.put(HASTECRM_BACKUP, live(5, status={"phase": "Running"}))
    requests.put(HASTECRM_BACKUP, live(4))
    requests.remove(HASTECRM_BACKUP, ("sales", "before"), 3)

    assert requests.of(KEY, HASTECRM_BACKUP)[0]["status"] == {"phase": "Running"}


def test_what_was_deleted_while_nobody_watched_is_forgotten_and_told():
    asked: list[Key] = []
    requests = Requests(asked.append)
    store = RequestStore(requests, HASTECRM_BACKUP)
    for version, name in enumerate(("a", "b"), start=1):
        store.put(live(version, name))
    store.keep_only({("sales", "b")}, 9)

    assert names(requests) == ["b"]
    assert asked == [KEY] * 3


async def test_the_same_answer_is_written_once(world: World):
    await world.cluster.create(backup())
    await world.list_children()
    desk = Desk(world.cluster, world.requests)
    for _ in range(2):
        [body] = world.requests.of(KEY, HASTECRM_BACKUP)
        await desk.answer(body, {"phase": "Running"})

    assert [write for write in world.cluster.writes if "status" in write[0]] == [
        ("apply/status", "HasteCRMBackup", "before")
    ]


async def test_an_object_without_its_hastecrm_says_so_until_there_is_one(world: World):
    await world.cluster.create(backup())
    await world.cluster.create(restore())
    await world.list_children()
    await world.reconciler.reconcile(KEY)

    for kind, name in ((HASTECRM_BACKUP, "before"), (HASTECRM_RESTORE, "back")):
        [ready] = world.cluster.objects[kind.name, "sales", name]["status"]["conditions"]
        assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "False", "HasteCRMNotFound")


async def test_a_dump_that_outlived_its_hastecrm_keeps_its_record(world: World):
    await world.cluster.create(backup(status={"phase": "Complete", "key": "k"}))
    await world.list_children()
    await world.reconciler.reconcile(KEY)

    assert world.cluster.objects[HASTECRM_BACKUP.name, "sales", "before"]["status"] == {
        "phase": "Complete",
        "key": "k",
    }


async def test_nothing_holds_a_deleted_object_whose_hastecrm_is_gone(world: World):
    made = backup()
    made["metadata"] |= {
        "finalizers": ["hastecrm.io/dump", "other"],
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    }
    await world.cluster.create(made)
    await world.list_children()
    await world.reconciler.reconcile(KEY)

    stored = world.cluster.objects[HASTECRM_BACKUP.name, "sales", "before"]
    assert stored["metadata"]["finalizers"] == ["other"]
    assert (HASTECRM.name, *KEY) not in world.cluster.objects
