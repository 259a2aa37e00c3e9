"""The IMAP server of an account, asked for what is new; every answer is bounded.

Python's own client does the talking, in a thread; it is given a socket that may be used (core/outbound).
"""

import imaplib
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final

from hastecrm.features.mailboxes.domain import Found, Place

SECONDS: Final = 20.0  # for one answer
_WINDOW: Final = 5_000  # UIDs that are looked at in one go
_HEADERS: Final = (
    "BODY.PEEK[HEADER.FIELDS (FROM TO CC DATE SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES)]<0.16384>"
)
_BODY: Final = "BODY.PEEK[]<0.262144>"
_MOST: Final = 64 << 20  # bytes of one visit
_UID: Final = re.compile(rb"\bUID ([0-9]{1,10})\b")
_NUMBER: Final = re.compile(rb"[0-9]{1,10}")  # 32 bits
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class IMAPError(Exception):
    """The server does not do what it should; the message says what, and names no secret."""


class Mailbox:
    """A connection to one folder; its methods block."""

    def __init__(self, connected: socket.socket, host: str, context: ssl.SSLContext, encryption: str) -> None:
        """Greet the server over a connected socket; raises `IMAPError`, or OSError."""
        connected.settimeout(SECONDS)
        if encryption == "tls":
            connected = context.wrap_socket(connected, server_hostname=host)
        self._imap = _client(connected, host)
        if encryption == "starttls":
            try:
                self._do("starttls", context)
            except BaseException:
                self.leave()
                raise

    def sign_in(self, username: str, password: str) -> None:
        """Sign in; raises `IMAPError`."""
        try:
            self._imap.login(_quoted(_quotable(username)), _quotable(password))
        except imaplib.IMAP4.abort as exc:
            raise IMAPError("the server broke off the sign-in") from exc
        except (imaplib.IMAP4.error, UnicodeError) as exc:  # its text may repeat what was sent
            raise IMAPError("the server refuses the user name or the password") from exc

    def look(self, folder: str, before: Place, since: date, limit: int) -> Found:
        """Return what is new in a folder; where UIDs are worth nothing, since a day."""
        self._do("select", _quoted(folder), True)
        validity, following = self._number("UIDVALIDITY"), self._number("UIDNEXT")
        if before.validity != validity or before.last is None:
            day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
            before = Place(validity, min(self._search("SINCE", day), default=following) - 1)
        last = before.last or 0
        end = min(last + _WINDOW, following - 1)
        if end <= last:
            return Found((), Place(validity, last), more=False)
        new = sorted(uid for uid in self._search("UID", f"{last + 1}:{end}") if last < uid <= end)
        reached = new[limit - 1] if len(new) > limit else end
        return Found(new[:limit], Place(validity, reached), more=reached < following - 1)

    def headers(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """Return the headers of messages that are (still) there."""
        return self._fetch(uids, _HEADERS)

    def bodies(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """Return the beginnings of messages that are (still) there."""
        return {uid: body for each in uids for uid, body in self._fetch([each], _BODY).items()}

    def leave(self) -> None:
        """Close the connection, whatever became of it."""
        with suppress(OSError):
            self._imap.shutdown()

    def _fetch(self, uids: Sequence[int], what: str) -> Mapping[int, bytes]:
        if not uids:
            return {}
        parts = self._do("uid", "FETCH", ",".join(map(str, uids)), f"(UID {what})")
        # A part with a literal is a pair: what stands before it, and the literal itself.
        pairs = [part for part in parts if isinstance(part, tuple)]
        return {int(found[1]): pair[1] for pair in pairs if (found := _UID.search(pair[0])) is not None}

    def _search(self, *criteria: str) -> Sequence[int]:
        parts = self._do("uid", "SEARCH", *criteria)
        lines = [part for part in parts if isinstance(part, bytes)]
        return [int(word) for line in lines for word in line.split() if _NUMBER.fullmatch(word)]

    def _number(self, name: str) -> int:
        _, values = self._imap.response(name)
        if not values or not _NUMBER.fullmatch(values[0] or b""):
            raise IMAPError(f"the server does not tell its {name}")
        return int(values[0])

    def _do(self, command: str, *arguments: Any) -> Sequence[Any]:
        try:
            status, answer = getattr(self._imap, command)(*arguments)
        except imaplib.IMAP4.error as exc:
            raise IMAPError(f"the server does not take {_said(command, arguments)}") from exc
        if status != "OK":
            raise IMAPError(f"the server refuses {_said(command, arguments)}")
        return list(answer)


class _Bounded(imaplib.IMAP4):
    """Python's client over a socket that is there already; it reads up to a limit."""

    def __init__(self, connected: socket.socket, host: str) -> None:
        self._connected = connected
        self._left = _MOST
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002 - imaplib's name
        return self._connected

    def read(self, size: int) -> bytes:
        self._take(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._take(len(line))
        return line

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort("the answers are too long")


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """Return what checks certificates: by public authorities and, if it is given, by those of a file."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _client(connected: socket.socket, host: str) -> _Bounded:
    try:
        return _Bounded(connected, host)
    except imaplib.IMAP4.error as exc:
        raise IMAPError("the server does not greet as IMAP servers do") from exc


def _said(command: str, arguments: Sequence[Any]) -> str:
    return (
        str(arguments[0])
        if command == "uid"
        else {"select": f"the folder {arguments[0]}"}.get(command, command)
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quotable(text: str) -> str:
    if not text.isprintable():
        raise IMAPError("the user name or the password has characters that IMAP does not take")
    return text
