"""The certificates of the managed stores convince a client that checks everything."""

import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hastecrm_operator.adapters.x509 import issue
from hastecrm_operator.engine.issuing import Certificates

NAMES = ["acme-postgres", "acme-postgres.sales.svc"]


def now() -> datetime:
    return datetime.now(UTC)


def handshake(folder: Path, server: Certificates, *, trusted: bytes, name: str) -> None:
    """Let a client that verifies everything meet the server; raises what the client raises."""
    for file, content in server.files.items():
        (folder / file).write_bytes(content)
    serving, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    serving.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    asking.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    asking.load_verify_locations(cadata=trusted.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(to_client, to_server, server_hostname=name)
    peer = serving.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, peer, client, peer):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize("name", [*NAMES, "localhost"])
def test_a_client_that_verifies_everything_is_convinced(name: str, tmp_path: Path):
    made = issue({}, NAMES, now())

    handshake(tmp_path, made, trusted=made.files["ca.crt"], name=name)


def test_a_client_of_another_installation_is_not(tmp_path: Path):
    made, other = issue({}, NAMES, now()), issue({}, NAMES, now())

    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, made, trusted=other.files["ca.crt"], name=NAMES[0])
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        handshake(tmp_path, made, trusted=made.files["ca.crt"], name="globex-postgres")


def test_who_trusts_the_authority_trusts_its_next_certificate(tmp_path: Path):
    first = issue({}, NAMES, now())
    second = issue(first.files, NAMES, now())

    assert second.files["ca.crt"] == first.files["ca.crt"]
    assert second.files["tls.crt"] != first.files["tls.crt"]
    handshake(tmp_path, second, trusted=first.files["ca.crt"], name=NAMES[0])


def test_it_is_replaced_months_before_it_ends():
    made = issue({}, NAMES, now())
    ends = ssl.cert_time_to_seconds(decoded(made)["notAfter"])

    assert made.renew_after - now() > timedelta(days=200)
    assert datetime.fromtimestamp(ends, UTC) - made.renew_after > timedelta(days=90)


def decoded(made: Certificates) -> dict[str, str]:
    show = ["openssl", "x509", "-noout", "-enddate"]
    line = subprocess.run(show, input=made.files["tls.crt"], capture_output=True, check=True).stdout.decode()
    return {"notAfter": line.strip().removeprefix("notAfter=")}


@pytest.mark.parametrize("damaged", ["ca.crt", "ca.key"])
def test_an_authority_that_cannot_be_used_is_replaced(damaged: str, tmp_path: Path):
    first = issue({}, NAMES, now())
    second = issue({**first.files, damaged: b"broken"}, NAMES, now())

    assert second.files["ca.crt"] != first.files["ca.crt"]
    handshake(tmp_path, second, trusted=second.files["ca.crt"], name=NAMES[0])


def test_the_key_of_another_authority_is_not_used():
    first, other = issue({}, NAMES, now()), issue({}, NAMES, now())
    mixed = {"ca.crt": first.files["ca.crt"], "ca.key": other.files["ca.key"]}

    assert issue(mixed, NAMES, now()).files["ca.crt"] not in {first.files["ca.crt"], other.files["ca.crt"]}


def test_the_library_is_loaded_only_with_the_first_certificate():
    program = "import sys, hastecrm_operator.main as _; sys.exit('cryptography.x509' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
