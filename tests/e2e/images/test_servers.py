"""What the PostgreSQL and Redis images promise to whoever mounts a volume and a password."""

import pytest
from tests.e2e.images.box import DATA, PASSWORD, Box, wait_until, write_password

# --- PostgreSQL


def start_postgres(box: Box, **environment: str) -> None:
    box.start(**environment)
    probe = ("pg_isready", "-q", "-h", "127.0.0.1", "-U", "hastecrm", "-d", "hastecrm")
    wait_until(lambda: box.within(*probe).returncode == 0, box)


def sql(box: Box, statement: str, password: str = PASSWORD, user: str = "hastecrm") -> str:
    """Answer over TCP, or what psql complained about."""
    command = ("psql", "-h", "127.0.0.1", "-U", user, "-d", "hastecrm", "-Atc", statement)
    done = box.within(*command, PGPASSWORD=password)
    return (done.stdout or done.stderr).strip()


def test_postgres_accepts_its_one_password_and_keeps_its_data(box):
    postgres = box("postgres")
    start_postgres(postgres, POSTGRES_PARAMETERS="max_connections=33 log_min_duration_statement=0")

    assert sql(postgres, "CREATE TABLE kept AS SELECT 42 AS answer") == "SELECT 1"
    settings = "SELECT current_setting('max_connections'), current_setting('data_checksums'), current_user"
    assert sql(postgres, settings) == "33|on|hastecrm"
    assert "password authentication failed" in sql(postgres, "SELECT 1", "wrong")
    assert "rejects connection" in sql(postgres, "SELECT 1", "", user="postgres")
    assert postgres.within("cat", "/proc/1/comm").stdout == "postgres\n"
    assert PASSWORD not in postgres.logs()
    seconds, code = postgres.stop()
    assert (code, seconds < 5) == (0, True), seconds

    write_password(postgres, "a new one\n")
    start_postgres(postgres)
    assert sql(postgres, "SELECT answer FROM kept", "a new one") == "42"
    assert "password authentication failed" in sql(postgres, "SELECT 1")
    # A killed server and a volume that comes back group-writable, as fsGroup makes it.
    postgres.within("chmod", "0770", f"{DATA['postgres']}/pgdata")
    postgres.kill()
    start_postgres(postgres)
    assert sql(postgres, "SELECT answer FROM kept", "a new one") == "42"


def test_postgres_listens_only_once_its_database_exists(box):
    postgres = box("postgres")
    postgres.start()
    answers: list[str] = []
    wait_until(lambda: answers.append(sql(postgres, "SELECT 1")) or answers[-1] == "1", postgres)

    # The port is closed, for milliseconds the server says that it is starting, and then everything is there.
    assert any("Connection refused" in answer for answer in answers)
    assert not [
        answer for answer in answers if "does not exist" in answer or "authentication failed" in answer
    ]


def test_postgres_refuses_a_volume_of_another_version(box):
    postgres = box("postgres")
    postgres.script(f"mkdir {DATA['postgres']}/pgdata && echo 14 > {DATA['postgres']}/pgdata/PG_VERSION")
    done = postgres.run()

    assert done.returncode == 65
    assert len(done.stderr.splitlines()) == 1
    assert "was written by PostgreSQL 14 and this is 15" in done.stderr


def test_postgres_never_writes_over_foreign_files(box):
    postgres = box("postgres")
    postgres.script(f"mkdir {DATA['postgres']}/pgdata && touch {DATA['postgres']}/pgdata/letter")
    done = postgres.run()

    assert (done.returncode, len(done.stderr.splitlines())) == (65, 1)
    assert "is not empty and holds no database" in done.stderr
    assert postgres.script(f"ls {DATA['postgres']}/pgdata").stdout == "letter\n"


def test_postgres_starts_over_after_an_interrupted_creation(box):
    postgres = box("postgres")
    postgres.script(f"mkdir {DATA['postgres']}/pgdata.new && touch {DATA['postgres']}/pgdata.new/PG_VERSION")
    start_postgres(postgres)

    assert sql(postgres, "SELECT 1") == "1"


@pytest.mark.parametrize(
    ("environment", "code", "words"),
    [
        ({"POSTGRES_PASSWORD_FILE": "/nowhere"}, 78, "no readable password file at /nowhere"),
        ({"POSTGRES_PASSWORD_FILE": "/dev/null"}, 78, "/dev/null is empty"),
        ({"POSTGRES_USER": "postgres"}, 78, "POSTGRES_USER must not be postgres"),
        ({"POSTGRES_PARAMETERS": "work_mem=4MB fsync"}, 78, '"fsync" is not name=value'),
        ({"PGDATA": "/nowhere/pgdata"}, 73, "/nowhere is not writable for uid 10001"),
    ],
    ids=["no password", "empty password", "superuser", "parameter", "read-only volume"],
)
def test_postgres_says_in_one_line_what_is_wrong(box, environment, code, words):
    done = box("postgres").run(**environment)

    assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
    assert words in done.stderr


def test_postgres_shows_the_server_s_own_words_about_an_unknown_parameter(box):
    done = box("postgres").run(POSTGRES_PARAMETERS="no_such_thing=1")

    assert done.returncode == 1
    assert 'unrecognized configuration parameter "no_such_thing"' in done.stderr


def test_the_postgres_image_runs_its_client_programs_too(box):
    assert box("postgres").run("pg_dump", "--version").stdout.startswith("pg_dump (PostgreSQL) 15.")


# --- Redis


def redis(box: Box, *command: str, password: str = PASSWORD, user: str = "default") -> str:
    address = ("--no-auth-warning", "--user", user, "-h", "127.0.0.1")
    done = box.within("redis-cli", *address, *command, REDISCLI_AUTH=password)
    return (done.stdout + done.stderr).strip()


def administer(box: Box, *command: str) -> str:
    password = box.within("cat", "/tmp/administrator").stdout.strip()  # noqa: S108 - of the container
    return redis(box, *command, password=password, user="administrator")


def start_redis(box: Box, **environment: str) -> None:
    box.start(**environment)
    wait_until(lambda: box.within("redis-ready").returncode == 0, box)


def test_redis_wants_its_password_and_keeps_its_data(box):
    cache = box("redis")
    start_redis(cache, REDIS_MAXMEMORY="64mb")

    assert redis(cache, "SET", "answer", "42") == "OK"
    assert "NOAUTH" in cache.within("redis-cli", "-h", "127.0.0.1", "GET", "answer").stdout
    assert "WRONGPASS" in redis(cache, "GET", "answer", password="wrong")
    assert "no permissions" in redis(cache, "CONFIG", "GET", "maxmemory")
    assert administer(cache, "CONFIG", "GET", "maxmemory").split() == ["maxmemory", str(64 * 1024**2)]
    assert cache.within("cat", "/proc/1/comm").stdout == "redis-server\n"
    assert PASSWORD not in cache.logs() + administer(cache, "CONFIG", "GET", "*") + administer(
        cache, "ACL", "LIST"
    )
    seconds, code = cache.stop()
    assert (code, seconds < 5) == (0, True), seconds

    write_password(cache, "a new one\n")
    start_redis(cache)
    assert redis(cache, "GET", "answer", password="a new one") == "42"
    assert "WRONGPASS" in redis(cache, "GET", "answer")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"REDIS_PASSWORD_FILE": "/nowhere"}, "no readable password file at /nowhere"),
        ({"REDIS_PASSWORD_FILE": "/dev/null"}, "/dev/null is empty"),
        ({"REDIS_MAXMEMORY": "lots"}, 'REDIS_MAXMEMORY: "lots" is not a size'),
        ({"REDIS_MAXMEMORY_POLICY": "all\nuser eve on nopass"}, "REDIS_MAXMEMORY_POLICY"),
    ],
    ids=["no password", "empty password", "size", "policy"],
)
def test_redis_says_what_is_wrong(box, environment, words):
    done = box("redis").run(**environment)

    assert done.returncode == 78
    assert words in done.stderr
