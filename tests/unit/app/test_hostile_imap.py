"""Whatever a server says, a visit to it ends soon, within bounds, and with words that help."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any
from unittest import mock

import pytest

from hastecrm.features.mailboxes import imap
from hastecrm.features.mailboxes.domain import Place
from hastecrm.features.mailboxes.imap import IMAPError, Mailbox

CAPABILITY = b"* CAPABILITY IMAP4rev1\r\n"
SELECTED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n"
Say = Callable[[bytes], bytes]  # what is said before a command is done, given the command


@contextmanager
def server(say: Say, greeting: bytes = b"* OK ready\r\n") -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with suppress(OSError), theirs, theirs.makefile("rb") as lines:
            theirs.sendall(greeting)
            for line in lines:
                tag = line.split()[0]
                theirs.sendall(CAPABILITY if b"CAPABILITY" in line else say(line))
                theirs.sendall(tag + b" OK done\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield ours
    finally:
        ours.close()
        thread.join(10)


def visited(connected: socket.socket) -> Any:
    """Visit a server without TLS, which is not what is looked at here."""
    context = mock.Mock(spec=ssl.SSLContext, wrap_socket=lambda sock, **_: sock)
    mailbox = Mailbox(connected, "imap.example.com", context, "tls")
    try:
        mailbox.sign_in("ada", "secret")
        found = mailbox.look("INBOX", Place(7, 0), date(2026, 1, 1), 10)
        return mailbox.headers(found.uids)
    finally:
        mailbox.leave()


def asked_for(command: bytes, answer: bytes) -> Say:
    def say(line: bytes) -> bytes:
        if command in line:
            return answer
        return SELECTED if b"EXAMINE" in line else b"* SEARCH 1 2 3\r\n" if b"SEARCH" in line else b""

    return say


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"FETCH", b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n"),
        (b"FETCH", b"* 1 FETCH (UID 1)\r\n" * 20_000),
        (b"FETCH", b"x" * 1_100_000 + b"\r\n"),
        (b"FETCH", b"\xff\xfe nonsense\r\n"),
        (b"EXAMINE", b"* 3 EXISTS\r\n"),
        (b"EXAMINE", b"* OK [UIDVALIDITY many] x\r\n"),
        (b"EXAMINE", b"* OK [UIDVALIDITY " + b"9" * 5_000 + b"] x\r\n"),
        (b"LOGIN", b"* BYE no\r\n" * 3),
    ],
    ids=["huge", "endless", "long line", "nonsense", "no numbers", "no number", "long number", "bye"],
)
def test_a_server_that_misbehaves_is_left(command: bytes, answer: bytes) -> None:
    with (
        mock.patch.object(imap, "_MOST", 200_000),
        server(asked_for(command, answer)) as connected,
        pytest.raises(IMAPError, match="the server"),
    ):
        visited(connected)


@pytest.mark.parametrize(
    "answer", [b"* SEARCH\r\n", b"* SEARCH x 99 %s\r\n" % (b"9" * 5_000), b"", b"* SEARCH {3}\r\n1 2\r\n"]
)
def test_odd_search_results_are_what_can_be_read_of_them(answer: bytes) -> None:
    with server(asked_for(b"SEARCH", answer)) as connected:
        assert visited(connected) == {}


def test_a_server_that_is_none_is_told() -> None:
    with (
        server(lambda _: b"", b"220 smtp.example.com ESMTP\r\n") as connected,
        pytest.raises(IMAPError, match="greet"),
    ):
        visited(connected)


def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    def say(line: bytes) -> bytes:
        return line.split()[0] + b" NO secret is wrong\r\n" if b"LOGIN" in line else b""

    with server(say) as connected, pytest.raises(IMAPError) as refused:
        visited(connected)
    assert "secret" not in str(refused.value)
