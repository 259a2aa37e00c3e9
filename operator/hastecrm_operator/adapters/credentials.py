"""How to reach and sign in to the API server: the pod's service account, or a kubeconfig."""

import os
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TOKEN_LIFE = 60.0  # seconds; the kubelet rotates the file long before the old token ends


class CredentialsError(Exception):
    """There is no usable way to sign in; the message says what was looked for."""


@dataclass
class Credentials:
    """Where the API server is, whom to trust and who we are; no secret appears in its `repr`."""

    server: str
    ca_file: str | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    certificate_file: str | None = None
    key_file: str | None = field(default=None, repr=False)
    verify: bool = True
    _read_at: float = field(default=0.0, init=False, repr=False)

    def ssl_context(self) -> ssl.SSLContext:
        """Return the TLS settings for both directions of trust."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate_file:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def bearer(self) -> str | None:
        """Return the current token, read again from its file when it may have been rotated."""
        if self.token_file and time.monotonic() - self._read_at > _TOKEN_LIFE:
            self.token = self.token_file.read_text().strip()
            self._read_at = time.monotonic()
        return self.token

    def forget_token(self) -> None:
        """Read the token file again before the next request (after a 401)."""
        self._read_at = 0.0


def load(kubeconfig: str | None, context: str | None) -> Credentials:
    """Return credentials of the given kubeconfig, else of the pod; raises CredentialsError for none."""
    if kubeconfig is None and (SERVICE_ACCOUNT / "token").exists():
        return _in_cluster()
    return _from_kubeconfig(kubeconfig, context)


def _in_cluster() -> Credentials:
    return Credentials(
        server="https://kubernetes.default.svc",
        ca_file=str(SERVICE_ACCOUNT / "ca.crt"),
        token_file=SERVICE_ACCOUNT / "token",
    )


def _from_kubeconfig(path: str | None, context: str | None) -> Credentials:
    try:
        # Only on a developer's machine: the image does without this package and its 30 MiB.
        from kubernetes import client, config  # noqa: PLC0415
    except ImportError as exc:
        hint = f"no token in {SERVICE_ACCOUNT}, and reading a kubeconfig needs the package `kubernetes`"
        raise CredentialsError(f"cannot sign in: {hint}") from exc
    loaded = client.Configuration()
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call] # the package has no types
            path, context=context, client_configuration=loaded
        )
    except config.ConfigException as exc:
        raise CredentialsError(f"cannot sign in: {exc}") from exc
    token = loaded.api_key.get("BearerToken", "")
    token_file = _token_file(path, context)
    return Credentials(
        server=loaded.host,
        ca_file=loaded.ssl_ca_cert,
        token=token.removeprefix("Bearer ") or None,
        token_file=token_file,
        certificate_file=loaded.cert_file,
        key_file=loaded.key_file,
        verify=loaded.verify_ssl,
    )


def _token_file(path: str | None, context: str | None) -> Path | None:
    # The client library reads a `tokenFile` once; whoever rotates the file expects us to read it again.
    import yaml  # noqa: PLC0415 - comes with `kubernetes`, which the image does without

    places = (path or os.environ.get("KUBECONFIG") or "~/.kube/config").split(os.pathsep)
    body = yaml.safe_load(Path(places[0]).expanduser().read_text())
    wanted = context or body.get("current-context")
    user = next((c["context"]["user"] for c in body["contexts"] if c["name"] == wanted), None)
    found = next((u["user"].get("tokenFile") for u in body["users"] if u["name"] == user), None)
    return Path(found) if found else None
