"""Who may sign in follows the mounted credentials of a running server, and nobody is cut off on the way."""

import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.e2e.images.box import PASSWORD, Box, wait_until
from tests.e2e.images.test_servers import administer, redis, sql, start_postgres, start_redis

NEXT = secrets.token_urlsafe(32)


def mount(box: Box, **files: str) -> None:
    """Replace the mounted files, as the kubelet does when a Secret has changed."""
    for known in box.secret.iterdir():
        if known.name not in files:
            known.unlink()
    for name, content in files.items():
        (box.secret / name).write_text(content, encoding="utf-8")


FIRST = {"username": "hastecrm_a", "password": PASSWORD, "exclusive": "true"}
ANNOUNCED = {**FIRST, "otherUsername": "hastecrm_b", "otherPassword": NEXT}
DONE = {"username": "hastecrm_b", "password": NEXT, "exclusive": "true"}
SWITCHED = {**DONE, "otherUsername": "hastecrm_a", "otherPassword": PASSWORD}


@contextmanager
def session(box: Box, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a program running in the container that is signed in."""
    values = [f"--env={name}={value}" for name, value in environment.items()]
    whole = [*box.engine.command, "exec", "-i", *values, box.volume, *command]
    with subprocess.Popen(whole, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        assert running.stdin is not None
        yield running
        running.stdin.close()


@pytest.fixture
def kept(box: Callable[[str], Box]) -> Iterator[Callable[[str], Box]]:
    """A server, and beside it what keeps its credentials."""
    beside: list[subprocess.Popen[bytes]] = []

    def start(image: str) -> Box:
        made = box(image)
        mount(made, **FIRST)
        {"postgres": start_postgres, "redis": start_redis}[image](made)
        beside.append(
            subprocess.Popen([*made.engine.command, "exec", made.volume, "keep-credentials"], stderr=-1)
        )
        return made

    yield start
    for each in beside:
        each.kill()
        each.communicate()


def test_users_of_postgres_take_turns_without_a_restart(kept: Callable[[str], Box]):
    postgres = kept("postgres")

    def as_user(name: str, password: str, statement: str = "SELECT session_user, current_user") -> str:
        return sql(postgres, statement, password, user=f"hastecrm_{name}")

    def roles() -> str:
        return ask(postgres, "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY 1").replace("\n", " ")

    def sessions() -> str:
        return ask(postgres, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'hastecrm_a'")

    assert as_user("a", PASSWORD) == "hastecrm_a|hastecrm"
    assert as_user("a", PASSWORD, "CREATE TABLE kept AS SELECT 1 AS answer") == "SELECT 1"
    mount(postgres, **ANNOUNCED)
    wait_until(lambda: as_user("b", NEXT) == "hastecrm_b|hastecrm", postgres)
    assert as_user("a", PASSWORD, "SELECT answer FROM kept") == as_user("b", NEXT, "SELECT answer FROM kept")
    mount(postgres, **SWITCHED)
    address = ("-h", "127.0.0.1", "-U", "hastecrm_a", "-d", "hastecrm")
    with session(postgres, "psql", *address, PGPASSWORD=PASSWORD):
        wait_until(lambda: sessions() == "1", postgres)
        mount(postgres, **DONE)
        assert as_user("b", NEXT) == "hastecrm_b|hastecrm"
        assert roles() == "hastecrm_a hastecrm_b postgres"
    wait_until(lambda: roles() == "hastecrm_b postgres", postgres)
    assert "authentication failed" in as_user("a", PASSWORD)
    assert PASSWORD not in postgres.logs()
    assert NEXT not in postgres.logs()


def ask(box: Box, statement: str) -> str:
    superuser = ("psql", "-h", "/tmp", "-U", "postgres", "-Atc")  # noqa: S108 - a path inside the container
    return box.within(*superuser, statement).stdout.strip()


def test_users_of_redis_take_turns_without_a_restart(kept: Callable[[str], Box]):
    cache = kept("redis")

    def as_user(name: str, password: str) -> str:
        return redis(cache, "PING", user=f"hastecrm_{name}", password=password)

    def users() -> set[str]:
        return set(administer(cache, "ACL", "USERS").split())

    assert as_user("a", PASSWORD) == "PONG"
    mount(cache, **ANNOUNCED)
    wait_until(lambda: as_user("b", NEXT) == "PONG", cache)
    mount(cache, **SWITCHED)
    address = ("redis-cli", "--user", "hastecrm_a", "-h", "127.0.0.1", "SUBSCRIBE", "letters")
    with session(cache, *address, REDISCLI_AUTH=PASSWORD) as subscriber:
        wait_until(lambda: "user=hastecrm_a" in administer(cache, "CLIENT", "LIST"), cache)
        mount(cache, **DONE)
        assert (as_user("a", PASSWORD), as_user("b", NEXT)) == ("PONG", "PONG")
        cache.within("sh", "-c", "sleep 5")
        assert "hastecrm_a" in users()
        administer(cache, "CLIENT", "KILL", "USER", "hastecrm_a")
        subscriber.kill()
    wait_until(lambda: users() == {"default", "administrator", "hastecrm_b"}, cache)
    assert "WRONGPASS" in as_user("a", PASSWORD)
    assert "NOAUTH" in cache.within("redis-cli", "-h", "127.0.0.1", "PING").stdout
