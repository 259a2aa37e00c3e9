"""Dumps are found by their manifests; what is no whole dump is named."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.errors import DumpMissingError, ManifestDamagedError
from hastecrm.dumps.manifest import DumpedSchema, Manifest, checked_name, name_of
from hastecrm.dumps.report import failure_of, report_of
from hastecrm.dumps.volume import Volume

NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)


def manifest(name: str, **changes: Any) -> Manifest:
    known: dict[str, Any] = {
        "name": name,
        "file": f"{name}.dump.zst",
        "taken_at": NOW,
        "schema_": DumpedSchema(version=10, compatible_from=5),
        "release": "0.1.0",
        "server_version": "15.14",
        "tables": {"contacts": 3, "users": 1},
        "size": 4,
        "sha256": "0" * 64,
        "seconds": 1.5,
        "encrypted": False,
    }
    return Manifest(**known | changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sales-acme").mkdir()
    return tmp_path / "sales-acme"


@pytest.fixture
def catalogue(folder: Path) -> Catalogue:
    return Catalogue(Volume(folder.parent), folder.name)


async def put(catalogue: Catalogue, folder: Path, *manifests: Manifest) -> None:
    for each in manifests:
        (folder / each.file).write_bytes(b"dump")
        await catalogue.write(each)


async def test_dumps_are_listed_newest_first(catalogue: Catalogue, folder: Path):
    older = manifest("a", taken_at=NOW - timedelta(days=1))
    await put(catalogue, folder, older, manifest("b"))

    contents = await catalogue.read()

    assert contents.manifests == [manifest("b"), older]
    assert contents.damaged == []


async def test_a_destination_that_was_never_used_is_empty(tmp_path: Path):
    contents = await Catalogue(Volume(tmp_path), "new").read()

    assert (contents.manifests, contents.damaged) == ([], [])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"{}", "name: Field required"),
        (manifest("other").as_json(), "record of another dump, other"),
        (
            manifest("bad").as_json().replace(b'"manifestVersion": 1', b'"manifestVersion": 2'),
            "manifestVersion",
        ),
        (manifest("bad").as_json().replace(b'"bad.dump.zst"', b'"../../etc/passwd"'), "file"),
        (b" " * (2 << 20), "too large"),
    ],
    ids=["empty", "no text", "no fields", "of another", "of a later release", "a path", "huge"],
)
async def test_a_damaged_manifest_is_told_and_hides_no_other(
    catalogue: Catalogue, folder: Path, content: bytes, told: str
):
    await put(catalogue, folder, manifest("good"))
    (folder / "bad.json").write_bytes(content)

    contents = await catalogue.read()

    assert [each.name for each in contents.manifests] == ["good"]
    [(name, wrong)] = contents.damaged
    assert name == "bad"
    assert told in wrong


@pytest.mark.parametrize(("size", "told"), [(None, "is missing"), (3, "has 3 bytes instead of 4")])
async def test_a_dump_whose_file_is_not_whole_is_told(
    catalogue: Catalogue, folder: Path, size: int | None, told: str
):
    await put(catalogue, folder, manifest("a"))
    (folder / "a.dump.zst").unlink()
    if size is not None:
        (folder / "a.dump.zst").write_bytes(b"x" * size)

    contents = await catalogue.read()

    assert contents.manifests == []
    assert told in contents.damaged[0][1]


async def test_what_a_later_release_says_more_is_no_damage(catalogue: Catalogue, folder: Path):
    content = {**json.loads(manifest("a").as_json()), "colour": "blue"}

    assert Manifest.parse("a", json.dumps(content).encode()) == manifest("a")


async def test_removing_takes_both_files_and_may_be_repeated(catalogue: Catalogue, folder: Path):
    await put(catalogue, folder, manifest("a"), manifest("b", file="b.dump.zst.age", encrypted=True))

    for name in ("a", "b", "b", "never-there"):
        await catalogue.remove(name)

    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../a", "a/b", "A", "-a", "a.", "a" * 254, "a b", ".json"])
async def test_what_is_no_name_reaches_no_file(catalogue: Catalogue, name: str):
    with pytest.raises(DumpMissingError, match="no name of a dump"):
        await catalogue.remove(name)
    with pytest.raises((DumpMissingError, ManifestDamagedError)):
        await catalogue.find(name)


@given(st.from_regex(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?", fullmatch=True))
def test_a_dump_is_called_after_its_installation_and_time(prefix: str):
    assert name_of(prefix, NOW) == checked_name(f"{prefix}-20261127t020000z")


async def test_files_without_a_manifest_are_removed_when_old_enough(catalogue: Catalogue, folder: Path):
    await put(catalogue, folder, manifest("a"))
    (folder / "lost.dump.zst.age").write_bytes(b"")
    (folder / "notes.txt").write_text("somebody's own")

    assert await catalogue.remove_orphans(datetime.now(UTC) - timedelta(days=1)) == []
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert await catalogue.remove_orphans(tomorrow) == ["sales-acme/lost.dump.zst.age"]
    assert {each.name for each in folder.iterdir()} == {"a.dump.zst", "a.json", "notes.txt"}


async def test_a_report_fits_into_a_termination_message(catalogue: Catalogue, folder: Path):
    many = [manifest(f"{'long-name-' * 6}{n}", taken_at=NOW - timedelta(days=n)) for n in range(40)]
    await put(catalogue, folder, *many)

    report = report_of(many[0], catalogue, await catalogue.read(), [each.name for each in many[30:]])

    assert len(json.dumps(report, separators=(",", ":"))) <= 4096
    assert report["found"][0] == [many[0].name, 4, "2026-11-27T02:00:00Z", None]
    assert len(report["found"]) > 15
    assert (report["tables"], report["rows"]) == (2, 4)


def test_a_failure_is_a_word_and_a_sentence():
    assert failure_of(DumpMissingError("no such dump")) == {"reason": "DumpMissing", "error": "no such dump"}
