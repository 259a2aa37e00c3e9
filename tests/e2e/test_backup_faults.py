"""What goes wrong where dumps are kept, on real pods: it is said, nothing is lost, people work on."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyrage
import pytest
from tests.e2e.conftest import Installation
from tests.e2e.object_store import AUTHORITY, ObjectStore, secret
from tests.e2e.test_backups import ask, status, taken
from tests.e2e.test_lifecycle import until
from tests.e2e.test_product import add_contact, contacts
from tests.factories.requests import restore

pytestmark = [pytest.mark.data, pytest.mark.timeout(300)]
# What does not compress, 51 kB for each block. The policy makes a dump take as long as a test needs.
_BALLAST = """
CREATE TABLE ballast (n int, content bytea);
INSERT INTO ballast SELECT n, string_agg(sha512((n::text || ':' || m)::bytea), '')
FROM generate_series(1, 800) n, generate_series(1, {blocks}) m GROUP BY n;
ALTER TABLE ballast ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY slow ON ballast USING (pg_sleep({pause}) IS NOT NULL);
DO $$ BEGIN EXECUTE format('ALTER TABLE ballast OWNER TO %I',
  (SELECT tableowner FROM pg_tables WHERE tablename = 'contacts')); END $$;
"""


@pytest.fixture(scope="module")
def store(crm: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    made = ObjectStore(crm, tmp_path_factory.mktemp("store"))
    make_small_volume(crm, made)
    yield made
    # What comes after this has another destination, in which these dumps are not.
    crm.kubectl("delete", "hcb", "--all", "--timeout=60s")
    crm.kubectl("delete", "pvc", f"{crm.name}-backup", "--ignore-not-found", "--timeout=60s")
    crm.kubectl("delete", "pv,storageclass", class_of(crm))
    crm.kubectl("delete", "pod,service", "store", "--wait=false")


def class_of(crm: Installation) -> str:
    return f"small-{crm.namespace}"


def make_small_volume(crm: Installation, store: ObjectStore) -> None:
    """Make what the claim for dumps is bound to: a file system that is soon full."""
    meta, claim = {"name": class_of(crm)}, {"namespace": crm.namespace, "name": f"{crm.name}-backup"}
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": class_of(crm),
        "persistentVolumeReclaimPolicy": "Retain",
        **store.small_directory(),
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim},
    }
    for made in (
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": meta,
            "provisioner": "kubernetes.io/no-provisioner",
        },
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta, "spec": spec},
    ):
        crm.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(made))


@pytest.fixture
def bucket(crm: Installation, store: ObjectStore) -> Iterator[Installation]:
    yield from backed_up_to(crm, {"s3": store.destination()})


@pytest.fixture
def volume(crm: Installation, store: ObjectStore) -> Iterator[Installation]:
    yield from backed_up_to(crm, {"volume": {"size": "1Gi", "className": class_of(crm)}})


def backed_up_to(crm: Installation, destination: dict[str, Any]) -> Iterator[Installation]:
    crm.until_ready(crm.patch({"backup": {"destination": destination}}))
    yield crm
    crm.until_ready(crm.patch({"backup": None}))


@pytest.fixture(params=["bucket", "volume"])
def place(request: pytest.FixtureRequest) -> Installation:
    installation: Installation = request.getfixturevalue(request.param)
    return installation


def psql(crm: Installation, sql: str) -> None:
    command = ("psql", "-X", "-q", "-h", "/tmp", "-U", "postgres", "-d", "hastecrm", "-v", "ON_ERROR_STOP=1")  # noqa: S108
    crm.kubectl("exec", "-i", f"{crm.name}-postgres-0", "-c", "postgres", "--", *command, stdin=sql)


@contextmanager
def ballast(crm: Installation, blocks: int, pause: float = 0) -> Iterator[None]:
    psql(crm, _BALLAST.format(blocks=blocks, pause=pause))
    try:
        yield
    finally:
        psql(crm, "DROP TABLE ballast")


def named(word: str) -> str:
    return f"{word}-{secrets.token_hex(3)}"


async def failed(crm: Installation, reason: str) -> None:
    """Take a dump that must fail, and see that everybody who should know is told, and people work on."""
    said = taken(crm, named(reason.lower()))

    told = {c["type"]: c for c in said["conditions"]}
    assert (said["phase"], told["Ready"]["reason"]) == ("Failed", reason), said
    assert "\n" not in said["message"]
    assert "Traceback" not in said["message"]
    of_all = {c["type"]: c for c in crm.until(lambda s: "lastFailure" in s["backup"])["conditions"]}
    assert (of_all["BackupHealthy"]["status"], of_all["BackupHealthy"]["reason"]) == ("False", "LastFailed")
    assert reason in of_all["BackupHealthy"]["message"]
    assert of_all["Ready"]["status"] == of_all["Available"]["status"] == "True"
    assert isinstance(await contacts(crm), list)


async def test_a_full_place_fails_the_dump_and_loses_none(place: Installation, store: ObjectStore):
    assert taken(place, named("kept"))["phase"] == "Complete"
    before = store.files()
    with ballast(place, blocks=1300):
        await failed(place, "DestinationFull")

    assert store.files() == before
    assert taken(place, named("afterwards"))["phase"] == "Complete"
    place.until(lambda s: condition(s, "BackupHealthy")["reason"] != "LastFailed")


def condition(of: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(c for c in of["conditions"] if c["type"] == kind)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"bucket": "nowhere"}, "BucketMissing", id="no bucket"),
        pytest.param({"credentials": {"secretName": "store-wrong"}}, "DestinationDenied", id="a wrong key"),
    ],
)
async def test_a_store_that_cannot_be_used_is_named(
    bucket: Installation, store: ObjectStore, change: dict[str, Any], reason: str
):
    wrong = ["accessKeyId=hastecrm-tests", "secretAccessKey=wrong"]
    made = ("create", "secret", "generic", "store-wrong", *(f"--from-literal={each}" for each in wrong))
    bucket.kubectl("apply", "-f", "-", stdin=bucket.kubectl(*made, "--dry-run=client", "-o", "yaml"))
    before = store.files()
    bucket.until_ready(bucket.patch({"backup": {"destination": {"s3": change}}}))

    await failed(bucket, reason)

    assert store.files() == before


async def test_a_certificate_is_trusted_once_its_authority_is_named(bucket: Installation, store: ObjectStore):
    unknown = store.destination(tls=True)
    bucket.until_ready(bucket.patch({"backup": {"destination": {"s3": unknown}}}))
    await failed(bucket, "TLSFailed")

    bucket.until_ready(bucket.patch({"backup": {"destination": {"s3": {"caSecretName": AUTHORITY}}}}))
    assert taken(bucket, named("trusted"))["phase"] == "Complete"


async def test_a_dump_that_is_killed_in_the_middle_begins_anew_and_leaves_no_half(
    place: Installation, store: ObjectStore
):
    before = store.files()
    name = named("killed")
    with ballast(place, blocks=320, pause=0.015):
        ask(place, name)
        until(lambda: store.files().keys() - before.keys(), "nothing of the dump is written", 60)
        pods = f"app.kubernetes.io/component=backup,app.kubernetes.io/instance={place.name}"
        running = "--field-selector=status.phase=Running"
        place.kubectl("delete", "pod", "-l", pods, running, "--force", "--grace-period=0")
        until(
            lambda: status(place, name).get("phase") in {"Complete", "Failed"}, f"{name} has not ended", 180
        )

    said = status(place, name)
    assert said["phase"] == "Complete", said
    files = {path: digest for path, digest in store.files().items() if path not in before}
    assert {path.rpartition("/")[2] for path in files} == {
        f"{said['name']}.dump.zst",
        f"{said['name']}.json",
    }
    assert said["sha256"] in files.values()


async def test_a_dump_that_somebody_removed_is_known_to_be_missing(bucket: Installation, store: ObjectStore):
    gone, stays = named("gone"), named("stays")
    key = taken(bucket, gone)["key"]
    store.remove(key)

    assert taken(bucket, stays)["phase"] == "Complete"

    until(lambda: status(bucket, gone)["phase"] == "Missing", f"{gone} is not missed")
    assert status(bucket, stays)["phase"] == "Complete"


_FOREIGN = """
import hashlib, json, zstandard
content = zstandard.compress(b"somebody's own file")
told = json.loads(record.read_text())
record.write_text(json.dumps(told | {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}))
dump.write_bytes(content)
"""
_FLIPPED = """
content = bytearray(dump.read_bytes())
content[len(content) // 2] ^= 1
dump.write_bytes(content)
"""


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        pytest.param("dump.write_bytes(dump.read_bytes()[:5000])", "DumpDamaged", id="truncated"),
        pytest.param(_FLIPPED, "DumpDamaged", id="a bit flipped"),
        pytest.param(_FOREIGN, "ForeignDump", id="foreign"),
    ],
)
async def test_a_dump_that_is_not_what_was_written_is_never_swapped_in(
    bucket: Installation, store: ObjectStore, program: str, reason: str
):
    name = named("damaged")
    store.damage(taken(bucket, name)["key"], program)

    await not_restored(bucket, name, reason)


async def test_a_dump_of_another_key_is_never_swapped_in(bucket: Installation, store: ObjectStore):
    def key() -> None:
        made = json.dumps(secret("e2e-age", key=str(pyrage.x25519.Identity.generate())))
        bucket.kubectl("apply", "--server-side", "-f", "-", stdin=made)

    key()
    bucket.until_ready(bucket.patch({"backup": {"encryption": {"secretName": "e2e-age"}}}))
    name = named("sealed")
    assert taken(bucket, name)["encrypted"]
    key()

    await not_restored(bucket, name, "KeyWrong")


async def not_restored(crm: Installation, dump: str, reason: str) -> None:
    """Restore a dump that must be refused, and see that the data in use is as it was."""
    late = f"late-{secrets.token_hex(4)}@example.com"
    await add_contact(crm, late)
    body = restore(f"of-{dump}", spec={"hastecrm": crm.name, "source": {"backup": dump}})
    del body["metadata"]["namespace"]
    crm.kubectl("create", "-f", "-", stdin=json.dumps(body))
    try:
        crm.kubectl("wait", f"hcrs/of-{dump}", "--for=jsonpath={.status.phase}=Failed", "--timeout=120s")
        said = crm.json("get", "hcrs", f"of-{dump}")["status"]
    finally:
        crm.kubectl("delete", "hcrs", f"of-{dump}", "--timeout=60s")

    assert condition(said, "Ready")["reason"] == reason, said
    assert late in {contact["email"] for contact in await contacts(crm)}
    assert condition(crm.status(), "Ready")["status"] == "True"
