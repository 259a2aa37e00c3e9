"""How to reach and sign in to the API server: the pod's service account, or a kubeconfig."""

import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TOKEN_LIFE = 60.0  # seconds; the kubelet rotates the file long before the old token ends


class CredentialsError(Exception):
    """There is no usable way to sign in; the message says what was looked for."""


class _Context(ssl.SSLContext):
    """Expects another name in the server's certificate than that of its address, if one is given."""

    server_name: str | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        name = self.server_name or server_hostname
        return super().wrap_bio(incoming, outgoing, server_side, name, session)


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
    server_name: str | None = None
    """The name in the server's certificate, when it is not that of its address."""
    proxy: str | None = None
    _read_at: float = field(default=0.0, init=False, repr=False)

    def ssl_context(self) -> ssl.SSLContext:
        """Return the TLS settings for both directions of trust."""
        context = _Context(ssl.PROTOCOL_TLS_CLIENT)
        context.server_name = self.server_name
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        else:
            context.load_default_certs()
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
    from hastecrm_operator.adapters import kubeconfig as files  # noqa: PLC0415 - a pod needs no YAML for this

    return files.read(kubeconfig, context).credentials


def _in_cluster() -> Credentials:
    return Credentials(
        server="https://kubernetes.default.svc",
        ca_file=str(SERVICE_ACCOUNT / "ca.crt"),
        token_file=SERVICE_ACCOUNT / "token",
    )
