"""Kubeconfigs are read as kubectl reads them."""

import base64
import json
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
import yaml

from hastecrm_operator.adapters.credentials import CredentialsError
from hastecrm_operator.adapters.kubeconfig import contexts, read


def written(
    path: Path, *, user: dict[str, Any], cluster: dict[str, Any] | None = None, name: str = "a"
) -> str:
    body = {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}", **(cluster or {})}}],
        "users": [{"name": name, "user": user}],
    }
    path.write_text(yaml.safe_dump(body))
    return str(path)


def counting(folder: Path, **status: Any) -> dict[str, Any]:
    """A program that signs in with another token each time, and writes down what it was asked."""
    answer = json.dumps({"status": {"token": "token-N", **status}})
    script = folder / "sign-in"
    script.write_text(
        "#!/bin/sh\ncd $(dirname $0); echo x >> asked; printenv KUBERNETES_EXEC_INFO > info\n"
        f"echo '{answer}' | sed s/token-N/token-$(wc -l < asked)$STAGE/\n"
    )
    script.chmod(0o755)
    return {"exec": {"command": "./sign-in", "env": [{"name": "STAGE", "value": "-test"}]}}


def test_the_current_context_says_server_and_namespace(tmp_path: Path):
    access = read(written(tmp_path / "config", user={"token": "t"}), None)

    assert (access.credentials.server, access.credentials.bearer(), access.namespace) == (
        "https://a",
        "t",
        "ns-a",
    )


def test_of_several_files_the_first_wins_and_all_count(tmp_path: Path):
    first = written(tmp_path / "one", user={"token": "first"})
    second = written(tmp_path / "two", user={"token": "second"}, name="b")
    both = os.pathsep.join([first, second, str(tmp_path / "missing")])

    assert read(both, None).credentials.bearer() == "first"
    assert read(both, "b").credentials.bearer() == "second"
    assert contexts(both) == ["a", "b"]


def test_data_inside_the_file_is_as_good_as_a_file(tmp_path: Path):
    data = base64.b64encode(b"certificate").decode()
    user = {"client-certificate-data": data, "client-key-data": data}
    credentials = read(written(tmp_path / "config", user=user), None).credentials

    assert Path(credentials.certificate_file or "").read_bytes() == b"certificate"
    assert Path(credentials.key_file or "").stat().st_mode & 0o077 == 0


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path):
    (tmp_path / "token").write_text("from a file\n")
    path = written(
        tmp_path / "config", user={"tokenFile": "token"}, cluster={"certificate-authority": "ca.crt"}
    )
    credentials = read(path, None).credentials

    assert credentials.bearer() == "from a file"
    assert credentials.ca_file == str(tmp_path / "ca.crt")


def test_a_program_signs_in_and_is_asked_again_after_a_refusal(tmp_path: Path):
    credentials = read(written(tmp_path / "config", user=counting(tmp_path)), None).credentials
    assert credentials.bearer() == credentials.bearer() == "token-1-test"

    credentials.forget_token()

    assert credentials.bearer() == "token-2-test"
    assert json.loads((tmp_path / "info").read_text())["kind"] == "ExecCredential"


def test_a_token_that_has_ended_is_not_used(tmp_path: Path):
    user = counting(tmp_path, expirationTimestamp="2020-01-01T00:00:00Z")
    credentials = read(written(tmp_path / "config", user=user), None).credentials

    assert credentials.bearer() == "token-2-test"


def test_no_secret_is_shown(tmp_path: Path):
    access = read(written(tmp_path / "config", user=counting(tmp_path)), None)

    assert "token-1" not in repr(access)


@pytest.mark.parametrize(
    ("user", "context", "says"),
    [
        ({"token": "t"}, "x", "no context 'x'; it has: a"),
        ({"exec": {"command": "not-there-1", "installHint": "brew install it"}}, None, "brew install it"),
        ({"exec": {"command": "false"}}, None, "did not answer as it should"),
        ({"auth-provider": {"name": "gcp"}}, None, "use `exec`"),
    ],
    ids=["an unknown context", "a missing program", "a failing program", "what Kubernetes has dropped"],
)
def test_what_is_wrong_is_said(tmp_path: Path, user: dict[str, Any], context: str | None, says: str):
    with pytest.raises(CredentialsError, match=says):
        read(written(tmp_path / "config", user=user), context)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(CredentialsError, match=r"there is no kubeconfig at .*/nowhere"):
        read(str(tmp_path / "nowhere"), None)


def test_the_certificate_may_name_another_server(tmp_path: Path):
    path = written(tmp_path / "config", user={}, cluster={"tls-server-name": "inside"})
    context = read(path, None).credentials.ssl_context()

    assert context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a").server_hostname == "inside"
