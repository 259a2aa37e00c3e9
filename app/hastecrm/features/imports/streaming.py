"""The rows of a file of any size, some at a time: read in a thread, so that the loop stays free."""

import asyncio
import codecs
import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from hastecrm.features.imports.reading import Row

_PATIENCE: Final = 120.0  # seconds for one piece of the file
_LONGEST: Final = 1 << 21  # characters of a line


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no CSV, and why."""

    number: int
    problem: str


AnyRow = Row | BadRow


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written."""

    encoding: str
    delimiter: str


async def batches_of(
    pieces: AsyncIterator[bytes], layout: Layout, size: int
) -> AsyncIterator[Sequence[AnyRow]]:
    """Give the rows that are not empty, so many at a time; the first one names the columns."""
    rows = rows_of(_Bridge(pieces, asyncio.get_running_loop()), layout)
    while batch := await asyncio.to_thread(lambda: list(islice(rows, size))):
        yield batch


def rows_of(pieces: Iterator[bytes], layout: Layout) -> Iterator[AnyRow]:
    """Give the rows of a file, counted as a spreadsheet does."""
    cells = csv.reader(_lines(pieces, layout.encoding), delimiter=layout.delimiter)
    number = 0
    while True:
        number += 1
        try:
            row = next(cells)
        except StopIteration:
            return
        except csv.Error as exc:
            yield BadRow(number, f"is not CSV: {exc}")
            continue
        if any(cell and not cell.isspace() for cell in row):
            yield Row(number, row)


def _lines(pieces: Iterator[bytes], encoding: str) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        for line in lines:
            yield line + "\n"
        # What never ends is no line: the reader refuses it, and memory stays small.
        if len(rest) > _LONGEST:
            yield rest
            rest = ""
    yield rest + decoder.decode(b"", final=True)


class _Bridge:
    """What the loop reads, for a thread that waits for it."""

    def __init__(self, pieces: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._pieces = pieces
        self._loop = loop

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        asked: Future[Any] = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
        piece: bytes | None = asked.result(_PATIENCE)
        if piece is None:
            raise StopIteration
        return piece

    async def _next(self) -> bytes | None:
        return await anext(self._pieces, None)
