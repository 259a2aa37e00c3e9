"""Fills an empty database from a stream, through pg_restore: in bounded memory, and whole or not at all."""

import asyncio
from collections.abc import AsyncIterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from hastecrm.dumps.errors import DatabaseUnreachableError, DumpError, VersionMismatchError
from hastecrm.restores.errors import DatabaseFullError, ForeignDumpError, RestoreFailedError

_WORDS: Final = 1500  # bytes of what it says last
_SERVER_IS_AWAY: Final = ("connection to server", "server closed the connection", "terminating connection")
_ARGUMENTS: Final = ("--exit-on-error", "--no-owner", "--no-privileges", "--no-password")
# Should the server fail meanwhile, the database is made anew: nothing has to be on its disk before the end.
_FAST: Final = " -c synchronous_commit=off"


async def load(
    chunks: AsyncIterable[bytes], program: Sequence[str], environment: Mapping[str, str], *, role: str | None
) -> None:
    """Restore what comes in chunks into the database that the environment names.

    `program` is pg_restore; `role` owns what is made, None for whoever connects. Raises what the chunks
    raise, `ForeignDumpError` for what is no dump, and `RestoreFailedError` with pg_restore's last words.
    """
    options = environment.get("PGOPTIONS", "") + _FAST
    acting = ["--role", role] if role else []
    process = await asyncio.create_subprocess_exec(
        *program,
        *_ARGUMENTS,
        *acting,
        "--dbname",
        environment["PGDATABASE"],
        env={**environment, "PGOPTIONS": options, "LC_ALL": "C"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None, "it was asked for"  # noqa: S101
    assert process.stderr is not None, "it was asked for"  # noqa: S101
    words = asyncio.create_task(_last_words(process.stderr))
    try:
        await _feed(chunks, process.stdin)
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        raise failure_of(await words)


async def _feed(chunks: AsyncIterable[bytes], pipe: asyncio.StreamWriter) -> None:
    # A pg_restore that gives up closes the pipe; why, it says itself. The stream is read to its end in any
    # case: only there is it known whether it was whole, and damage explains more than its consequence.
    listening = True
    async for chunk in chunks:
        if listening:
            try:
                pipe.write(chunk)
                await pipe.drain()
            except (BrokenPipeError, ConnectionResetError):
                listening = False
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.close()
        await pipe.wait_closed()


async def _last_words(stream: asyncio.StreamReader) -> str:
    tail = b""
    while said := await stream.read(4096):
        tail = (tail + said)[-_WORDS:]
    lines = [line.strip().removeprefix("pg_restore: ") for line in tail.decode(errors="replace").splitlines()]
    return "; ".join(line for line in lines if line)


def failure_of(words: str) -> DumpError:
    """Return what pg_restore's last words mean."""
    lower = words.lower()
    if "unsupported version" in lower:
        return VersionMismatchError(f"this image's pg_restore is older than the dump: {words}")
    if "not appear to be a valid archive" in lower or "input file is too short" in lower:
        return ForeignDumpError(f"the file is no dump in PostgreSQL's custom format: {words}")
    if any(sign in lower for sign in _SERVER_IS_AWAY):
        return DatabaseUnreachableError(f"the server went away in the middle: {words}")
    if "no space left" in lower:
        return DatabaseFullError(f"the server has no room for a second database: {words}")
    return RestoreFailedError(words or "pg_restore ended without a word")
