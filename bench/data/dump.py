"""How fast `hastecrm backup` is beside pg_dump alone, and how much memory it needs."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyrage
from bench.service.results import Row
from tests.integration.dumps.s3_server import S3Server
from tests.integration.servers import PASSWORD

from hastecrm.dumps.postgres_tools import program

from .commands import Took, hastecrm, run
from .database import NAME, Filled

_MIB = 1 << 20
_SPEED = "two cores: the server, pg_dump and the compression want two and a half of them"


def measure(database: Filled, runs: int) -> Sequence[Row]:
    """Take turns, so that whatever else the machine does meets all of them; return the rows."""
    server = S3Server(database.folder / "s3")
    server.start()
    try:
        key = _key(database.folder)
        turns = [_turn(database, server, key) for _ in range(runs)]
    finally:
        server.stop()
    alone, gzip, volume, encrypted, bucket = (list(column) for column in zip(*turns, strict=True))
    raw = (database.folder / "alone.dump").stat().st_size
    seconds = [each.seconds for each in alone]
    stored = json.loads(volume[0].output)["bytes"]
    n = f"{database.n:,} contacts"
    return [
        Row(f"{n}: pg_dump alone, not compressed", seconds, "s"),
        Row(f"{n}: pg_dump alone, with its own compression", [each.seconds for each in gzip], "s", seconds),
        _speed("Dump to a volume", volume, seconds),
        _speed("Dump to a volume, encrypted", encrypted, seconds),
        _speed("Dump to an S3 store on this machine, encrypted", bucket, seconds),
        Row(
            "`hastecrm backup` to a volume, from start to exit",
            [each.seconds for each in volume],
            "s",
            seconds,
        ),
        _memory("Peak memory, to a volume", volume),
        _memory("Peak memory, encrypted, to an S3 store", bucket),
        Row("Size of the database with indexes", [database.bytes / _MIB], "MiB"),
        Row("Size of the dump, beside the uncompressed one", [stored / _MIB], "MiB", [raw / _MIB]),
    ]


def _speed(what: str, took: Sequence[Took], alone: Sequence[float]) -> Row:
    """From the snapshot to the record, as the report has it."""
    dumping = [json.loads(each.output)["seconds"] for each in took]
    ratio = [100 * one / other for one, other in zip(dumping, alone, strict=True)]
    return Row(f"{what}, of the time of pg_dump alone", ratio, "%", goal=110, why=_SPEED)


def _memory(what: str, took: Sequence[Took]) -> Row:
    return Row(what, [each.peak_mib for each in took], "MiB", goal=100)


def _turn(database: Filled, server: S3Server, key: Path) -> tuple[Took, ...]:
    volume = {"HASTECRM_BACKUP_DIRECTORY": str(database.folder)}
    encrypted = {"HASTECRM_BACKUP_KEY_FILE": str(key)}
    return (
        _pg_dump(database, "alone.dump", "--compress=0"),
        _pg_dump(database, "gzip.dump"),
        _backup(database, volume),
        _backup(database, volume | encrypted),
        _backup(database, server.environment() | encrypted),
    )


def _pg_dump(database: Filled, file: str, *options: str) -> Took:
    target = database.folder / file
    target.unlink(missing_ok=True)
    told = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(database.server.port),
        "PGUSER": "hastecrm",
        "PGDATABASE": NAME,
        "PGPASSWORD": PASSWORD,
        "PGOPTIONS": "-c hastecrm.system=on",
    }
    command: list[str | Path] = [
        program("pg_dump"),
        "--format=custom",
        "--enable-row-security",
        *options,
        "--file",
        target,
    ]
    return run(["sh", "-c", f'"$@" && sync "{target}"', "sh", *command], told)


def _backup(database: Filled, place: dict[str, str]) -> Took:
    shutil.rmtree(database.folder / "hastecrm", ignore_errors=True)
    shutil.rmtree(database.folder / "s3" / "buckets" / "dumps" / "backups", ignore_errors=True)
    return hastecrm("backup", "--name", "bench", environment={**database.settings(), **place})


def _key(folder: Path) -> Path:
    file = folder / "key"
    file.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    return file
