"""Files in a directory or an S3-compatible bucket, by obstore, which is imported when one is used."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from hastecrm.core.files.model import PIECE, FilesUnavailableError, Span
from hastecrm.core.scope import Scope
from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import revealed

_PART: Final = 8 << 20  # bytes; a bucket takes 10,000 of them
_AT_ONCE: Final = 2


class Store:
    """Keeps each file as an object whose key is its id, below the path of the URL."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def put(self, _scope: Scope, file: UUID, pieces: AsyncIterable[bytes]) -> None:
        """Keep all the pieces; see `Vault`."""
        import obstore  # noqa: PLC0415 - 10 MB, which only processes that move files pay

        with _told():
            await obstore.put_async(
                self._opened, str(file), pieces, chunk_size=_PART, max_concurrency=_AT_ONCE
            )

    async def read(self, _scope: Scope, file: UUID, span: Span) -> AsyncIterator[bytes]:
        """Give some of its bytes; raises `FilesUnavailableError` where it is missing."""
        import obstore  # noqa: PLC0415 - as above

        with _told():
            found = await obstore.get_async(
                self._opened, str(file), options={"range": (span.start, span.stop)}
            )
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def delete(self, file: UUID) -> None:
        """Forget it; see `Vault`."""
        import obstore  # noqa: PLC0415 - as above

        with _told():
            try:
                await obstore.delete_async(self._opened, str(file))
            except FileNotFoundError:
                return

    @cached_property
    def _opened(self) -> Any:
        with _told():
            return _open(self._settings)


def _open(settings: Settings) -> Any:
    from obstore.store import LocalStore, S3Store  # noqa: PLC0415 - as above

    where = urlsplit(settings.files_url or "")
    if where.scheme == "file":
        return LocalStore(where.path, mkdir=True)
    # What is not set is found as AWS' own tools find it: in AWS_ variables, or from the pod's role.
    given = {
        "endpoint": settings.files_s3_endpoint,
        "region": settings.files_s3_region,
        "access_key_id": revealed(settings.files_s3_access_key_id),
        "secret_access_key": revealed(settings.files_s3_secret_access_key),
    }
    client: dict[str, Any] = {"allow_http": True, "timeout": "5m", "connect_timeout": "5s"}
    if settings.files_s3_ca_file is not None:
        client["root_certificate"] = Path(settings.files_s3_ca_file).read_text()
    made: Any = S3Store  # its types know names in literals only
    return made(
        where.netloc,
        prefix=where.path.strip("/") or None,
        config={name: value for name, value in given.items() if value is not None},
        client_options=client,
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=15)},
    )


@contextmanager
def _told() -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415 - as above

    try:
        yield
    except (BaseError, OSError) as exc:
        raise FilesUnavailableError(f"{type(exc).__name__}: {exc}") from exc
