"""A real SMTP server of the tests: with TLS and sign-in, refusing or slow on demand."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

USER, PASSWORD = "crm", "the-mail-password"


@dataclass
class PostOffice:
    """What has arrived, and what the server answers."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refusal: str | None = None
    silence: float = 0.0
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take a recipient, or not."""
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter."""
        await asyncio.sleep(self.silence)
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        """Let only the CRM in."""
        assert isinstance(data, LoginPassword)
        self.signed_in.append(mechanism)
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))

    async def until(self, letters: int) -> None:
        """Wait until so many letters are here."""
        async with asyncio.timeout(15):
            while len(self.letters) < letters:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def post_office(folder: Path, *, implicit: bool = False) -> AsyncIterator[PostOffice]:
    """Serve SMTP with TLS, from the start or by STARTTLS, and with sign-in."""
    office, context = PostOffice(), server_context(folder)

    def server() -> SMTP:
        with warnings.catch_warnings():
            # aiosmtpd does not see that the connection is inside TLS already.
            warnings.simplefilter("ignore")
            return SMTP(
                office,
                hostname="localhost",
                tls_context=None if implicit else context,
                require_starttls=not implicit,
                auth_required=True,
                auth_require_tls=not implicit,
                authenticator=office.authenticate,
            )

    options = {"ssl": context} if implicit else {}
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, **options)
    office.port = listening.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        listening.close()


def environment(office: PostOffice, folder: Path, **changes: str) -> dict[str, str]:
    """Return the settings with which the CRM sends through this server."""
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(office.port),
        "USER": USER,
        "PASSWORD": PASSWORD,
        "FROM": "HasteCRM <crm@example.com>",
        "CA_FILE": str(folder / "certificate.pem"),
        "TIMEOUT": "1s",
        **changes,
    }
    public = {"HASTECRM_PUBLIC_URL": "https://crm.example.com"}
    return {**public, **{f"HASTECRM_MAIL_{name}": value for name, value in settings.items()}}


def server_context(folder: Path) -> ssl.SSLContext:
    """Make a certificate for 127.0.0.1 that signs itself, and the server's side of TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
