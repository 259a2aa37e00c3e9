"""Kubeconfigs as kubectl reads them: several files as one, data inline, programs that sign in.

PyYAML comes with Kopf and with the command line; nothing else is needed, and no process is started unless a
kubeconfig names one.
"""

import atexit
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from hastecrm_operator.adapters.credentials import Credentials, CredentialsError

Entry = Mapping[str, Any]
_DEFAULT: Final = "~/.kube/config"
_FILES: Final = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_EARLY: Final = timedelta(seconds=30)  # a token must not end while a request is under way
_EXEC_SECONDS: Final = 120  # a person may have to answer in a browser


@dataclass(frozen=True)
class Access:
    """How to sign in, and the namespace that the context names ("" for none)."""

    credentials: Credentials
    namespace: str


@dataclass
class ExecCredentials(Credentials):
    """Signs in by a program, which is asked again when its token ends or is refused."""

    plugin: Entry = field(default_factory=dict, repr=False)
    _ends: datetime = field(default=datetime.max.replace(tzinfo=UTC), init=False, repr=False)

    def bearer(self) -> str | None:
        """Return the program's token, a new one if the last has ended."""
        if datetime.now(UTC) >= self._ends:
            self.sign_in()
        return self.token

    def forget_token(self) -> None:
        """Ask the program before the next request."""
        self._ends = datetime.min.replace(tzinfo=UTC)

    def sign_in(self) -> None:
        """Ask the program now; raises CredentialsError."""
        said = _run(self.plugin)
        self.token = said.get("token") or None
        ends = said.get("expirationTimestamp")
        self._ends = datetime.fromisoformat(ends) - _EARLY if ends else datetime.max.replace(tzinfo=UTC)
        if said.get("clientCertificateData"):
            self.certificate_file = _stored(said["clientCertificateData"].encode())
            self.key_file = _stored(said["clientKeyData"].encode())


def places(path: str | None) -> list[Path]:
    """Return the files that are read: the given one, those of $KUBECONFIG, or the usual one."""
    named = path or os.environ.get("KUBECONFIG") or _DEFAULT
    return [Path(part).expanduser() for part in named.split(os.pathsep) if part]


def exists(path: str | None) -> bool:
    """Whether there is a kubeconfig at all."""
    return any(place.exists() for place in places(path))


def read(path: str | None, context: str | None) -> Access:
    """Return the access of a context, else of the current one; raises CredentialsError."""
    whole = _merged(path)
    name = context or whole["current-context"]
    if not name:
        raise CredentialsError("cannot sign in: the kubeconfig has no current context; name one")
    chosen = _named(whole, "context", name)
    cluster = _named(whole, "cluster", chosen["cluster"])
    user = _named(whole, "user", chosen["user"]) if chosen.get("user") else {}
    return Access(_credentials(cluster, user), chosen.get("namespace", ""))


def contexts(path: str | None) -> list[str]:
    """Return the names of all contexts."""
    return sorted(_merged(path)["contexts"])


def _merged(path: str | None) -> dict[str, Any]:
    whole: dict[str, Any] = {"current-context": "", "contexts": {}, "clusters": {}, "users": {}}
    found = [place for place in places(path) if place.exists()]
    if not found:
        looked = ", ".join(map(str, places(path)))
        raise CredentialsError(f"cannot sign in: there is no kubeconfig at {looked}")
    for place in found:
        body = _parsed(place)
        whole["current-context"] = whole["current-context"] or body.get("current-context") or ""
        for part in ("contexts", "clusters", "users"):
            for name, entry in _entries(body, part, place.parent):
                whole[part].setdefault(name, entry)  # As with kubectl, the first file wins.
    return whole


def _parsed(place: Path) -> Entry:
    try:
        body = yaml.safe_load(place.read_text())
    except (OSError, yaml.YAMLError) as exc:
        raise CredentialsError(f"cannot sign in: {place} cannot be read: {exc}") from exc
    if not isinstance(body, Mapping):
        raise CredentialsError(f"cannot sign in: {place} is no kubeconfig")
    return body


def _entries(body: Entry, part: str, folder: Path) -> Iterator[tuple[str, Entry]]:
    for item in body.get(part) or ():
        entry = item.get(part.removesuffix("s")) or {}
        files: dict[str, Any] = {key: str(folder / entry[key]) for key in _FILES if entry.get(key)}
        if "/" in entry.get("exec", {}).get("command", ""):
            command = str(folder / entry["exec"]["command"])
            files["exec"] = {**entry["exec"], "command": command}
        yield item["name"], {**entry, **files}


def _named(whole: Entry, part: str, name: str) -> Entry:
    if name not in whole[f"{part}s"]:
        known = ", ".join(sorted(whole[f"{part}s"])) or "none"
        raise CredentialsError(f"cannot sign in: the kubeconfig has no {part} {name!r}; it has: {known}")
    entry: Entry = whole[f"{part}s"][name]
    return entry


def _credentials(cluster: Entry, user: Entry) -> Credentials:
    plugin = _plugin(user, cluster)
    known = {
        "server": cluster.get("server", ""),
        "ca_file": _file(cluster, "certificate-authority"),
        "verify": not cluster.get("insecure-skip-tls-verify", False),
        "server_name": cluster.get("tls-server-name"),
        "proxy": cluster.get("proxy-url"),
        "certificate_file": _file(user, "client-certificate"),
        "key_file": _file(user, "client-key"),
        "token": user.get("token"),
        "token_file": Path(user["tokenFile"]) if user.get("tokenFile") else None,
    }
    if not plugin:
        return Credentials(**known)
    signed = ExecCredentials(**known, plugin=plugin)
    signed.sign_in()
    return signed


def _plugin(user: Entry, cluster: Entry) -> Entry:
    if user.get("auth-provider"):
        name = user["auth-provider"].get("name")
        raise CredentialsError(f"cannot sign in: auth-provider {name!r} has left Kubernetes; use `exec`")
    plugin = user.get("exec") or {}
    return {**plugin, "cluster": cluster if plugin.get("provideClusterInfo") else None} if plugin else {}


def _file(entry: Entry, key: str) -> str | None:
    if data := entry.get(f"{key}-data"):
        return _stored(base64.b64decode(data))
    return entry.get(key)


def _stored(content: bytes) -> str:
    # OpenSSL takes a client's key from files only.
    handle, path = tempfile.mkstemp(dir=_folder())
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return path


_folders: list[str] = []


def _folder() -> str:
    if not _folders:
        _folders.append(tempfile.mkdtemp(prefix="hastecrm-"))
        atexit.register(shutil.rmtree, _folders[0], ignore_errors=True)
    return _folders[0]


def _run(plugin: Entry) -> Entry:
    command = [plugin["command"], *(plugin.get("args") or ())]
    extra = {item["name"]: item["value"] for item in plugin.get("env") or ()}
    environment = {**os.environ, **extra, "KUBERNETES_EXEC_INFO": json.dumps(_question(plugin))}
    try:
        done = subprocess.run(  # noqa: S603 - the kubeconfig's owner chose this program
            command, env=environment, stdout=subprocess.PIPE, timeout=_EXEC_SECONDS, check=True
        )
        status: Entry = json.loads(done.stdout)["status"]
    except FileNotFoundError as exc:
        hint = plugin.get("installHint") or "install it, or choose another context"
        raise CredentialsError(f"cannot sign in: there is no program {command[0]!r}; {hint}") from exc
    except (subprocess.SubprocessError, OSError, ValueError, KeyError) as exc:
        raise CredentialsError(f"cannot sign in: {command[0]!r} did not answer as it should: {exc}") from exc
    return status


def _question(plugin: Entry) -> dict[str, Any]:
    interactive = plugin.get("interactiveMode") != "Never" and sys.stdin.isatty()
    cluster = {"cluster": _told(plugin["cluster"])} if plugin.get("cluster") else {}
    return {
        "apiVersion": plugin.get("apiVersion", "client.authentication.k8s.io/v1"),
        "kind": "ExecCredential",
        "spec": {"interactive": interactive, **cluster},
    }


def _told(cluster: Entry) -> dict[str, Any]:
    extensions = (e for e in cluster.get("extensions") or () if e.get("name") == _EXTENSION)
    config = next((e.get("extension") for e in extensions), None)
    known = {key: cluster.get(key) for key in ("server", "certificate-authority-data", "tls-server-name")}
    return {k: v for k, v in {**known, "config": config}.items() if v}


_EXTENSION: Final = "client.authentication.k8s.io/exec"
