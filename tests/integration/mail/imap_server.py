"""A real IMAP server of the tests: Dovecot, with TLS, as nobody special, and gone afterwards."""

import asyncio
import imaplib
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.mail.post_office import server_context
from tests.integration.servers import free_port, unprivileged_user, wait_for

USER, PASSWORD = "sales@example.com", "the-imap-password"
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 0
mail_location = maildir:{folder}/mail/%u
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {plain}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True)
class IMAPServer:
    """Where it listens: `port` with TLS from the start, `plain` with STARTTLS."""

    folder: Path
    port: int
    plain: int

    @property
    def ca_file(self) -> str:
        return str(self.folder / "certificate.pem")

    async def deliver(self, *messages: str, folder: str = "INBOX") -> None:
        """Put messages into a folder, which is made if need be."""
        await asyncio.to_thread(self._deliver, messages, folder)

    async def remove(self, folder: str) -> None:
        """Remove a folder: made again, it has another UIDVALIDITY."""
        await asyncio.to_thread(self._remove, folder)

    def _remove(self, folder: str) -> None:
        client = self._signed_in()
        assert client.delete(folder)[0] == "OK"
        client.logout()

    def _deliver(self, messages: tuple[str, ...], folder: str) -> None:
        client = self._signed_in()
        client.create(folder)
        for message in messages:
            status, said = client.append(folder, "", "", message.encode())
            assert status == "OK", said
        client.logout()

    def _signed_in(self) -> imaplib.IMAP4_SSL:
        context = ssl.create_default_context(cafile=self.ca_file)
        client = imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=context)
        client.login(USER, PASSWORD)
        return client


@contextmanager
def imap_server() -> Iterator[IMAPServer]:
    """Serve one mailbox, which is empty."""
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise RuntimeError("dovecot is missing: install the Debian package dovecot-imapd")
    folder, user = Path(tempfile.mkdtemp(prefix="hastecrm-imap-")), unprivileged_user()
    server_context(folder)
    served = IMAPServer(folder, free_port(), free_port())
    (folder / "dovecot.conf").write_text(_CONFIGURATION.format(**_values(served, user)))
    folder.chmod(0o755)
    for path in (folder, *folder.iterdir()):
        if user:
            shutil.chown(path, user["user"], user["group"])
    command = [program, "-F", "-c", str(folder / "dovecot.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **user)
    try:
        wait_for(served.port, 60)
        yield served
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _values(served: IMAPServer, user: dict[str, Any]) -> dict[str, Any]:
    import grp  # noqa: PLC0415 - names are needed here only
    import pwd  # noqa: PLC0415

    uid, gid = user.get("user", os.geteuid()), user.get("group", os.getegid())
    names = {"user": pwd.getpwuid(uid).pw_name, "group": grp.getgrgid(gid).gr_name}
    ports = {"port": served.port, "plain": served.plain}
    return {"folder": served.folder, "uid": uid, "gid": gid, "password": PASSWORD, **ports, **names}
