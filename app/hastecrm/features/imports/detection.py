"""How a file writes letters and separates cells, found out as it comes in. No I/O here."""

import codecs
from collections.abc import AsyncIterator
from typing import Final

HEAD: Final = 1 << 20  # bytes in which the first row must end
# What Windows calls Latin-1; where a byte means nothing in it, Latin-1 itself reads everything.
_WINDOWS, _LATIN = "cp1252", "latin-1"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Watcher:
    """Looks at a file that passes by; `encoding` and `lines` are right once it has been read to its end."""

    def __init__(self) -> None:
        self._first: str | None = None
        self._tried: dict[str, codecs.IncrementalDecoder] = {}
        self._is_quoted = False
        self._lines = 0
        self._ends_open = False

    @property
    def encoding(self) -> str:
        """The first of the encodings that read everything so far."""
        return self._first or next(iter(self._tried), _LATIN)

    @property
    def lines(self) -> int:
        """How many lines there are whose end is no part of a cell."""
        return self._lines + self._ends_open

    async def watch(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass the pieces on."""
        async for piece in pieces:
            if piece:
                self._look(piece)
            yield piece
        for name in list(self._tried):
            self._try(name, b"", is_last=True)

    def _look(self, piece: bytes) -> None:
        if self._first is None and not self._tried:
            self._begin(piece)
        for name in list(self._tried):
            self._try(name, piece)
        self._count(piece.replace(b"\x00", b"") if self.encoding.startswith("utf-16") else piece)

    def _begin(self, piece: bytes) -> None:
        self._first = next((name for mark, name in _MARKS if piece.startswith(mark)), None)
        sample = piece[:1024]
        if self._first is None and sample.count(0) > len(sample) // 4:
            self._first = "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
        if self._first is None:
            self._tried = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", _WINDOWS)}

    def _try(self, name: str, piece: bytes, *, is_last: bool = False) -> None:
        try:
            self._tried[name].decode(piece, is_last)
        except UnicodeDecodeError:
            del self._tried[name]
            if not self._tried:
                self._first = _LATIN

    def _count(self, piece: bytes) -> None:
        for number, part in enumerate(piece.split(b'"')):
            self._is_quoted ^= number > 0
            if not self._is_quoted:
                self._lines += part.count(b"\n") or part.count(b"\r")
        self._ends_open = not piece.endswith((b"\n", b"\r"))
