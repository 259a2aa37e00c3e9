"""What comes in as a stream of any pieces, cut into even ones, measured and hashed on its way."""

from collections.abc import AsyncIterable, AsyncIterator
from hashlib import sha256

from hastecrm.core.files.model import PIECE, TooLargeError


class Intake:
    """One stream; `size` and `sha256` are right once it has been read to its end."""

    def __init__(self, pieces: AsyncIterable[bytes], limit: int) -> None:
        self.size = 0
        # A library that reads this stream wraps what it raises; this is what it was.
        self.failure: Exception | None = None
        self._hash = sha256(usedforsecurity=False)
        self._limit = limit
        self._cut = self._even(aiter(pieces))
        self._first: bytes | None = None

    @property
    def sha256(self) -> str:
        """The hash of what has come so far, in hexadecimal."""
        return self._hash.hexdigest()

    async def begin(self) -> bytes:
        """Return the first piece without taking it out of the stream; raises `TooLargeError`."""
        self._first = await anext(self._cut, b"")
        return self._first

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give pieces of `PIECE` bytes, the last one shorter."""
        if self._first:
            yield self._first
        try:
            async for piece in self._cut:
                yield piece
        except Exception as exc:
            self.failure = exc
            raise

    async def _even(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        held = bytearray()
        async for piece in pieces:
            self.size += len(piece)
            if self.size > self._limit:
                raise TooLargeError(self._limit)
            self._hash.update(piece)
            held += piece
            while len(held) >= PIECE:
                yield bytes(held[:PIECE])
                del held[:PIECE]
        if held:
            yield bytes(held)
