"""From settings to a destination, and to the dumps in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hastecrm.core.settings import Settings
from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.destination import Destination
from hastecrm.dumps.volume import Volume


@asynccontextmanager
async def destination_of(settings: Settings) -> AsyncIterator[Destination]:
    """Open the destination that the settings name; they name exactly one."""
    if settings.backup_directory is not None:
        yield Volume(Path(settings.backup_directory))
        return
    from hastecrm.dumps.s3 import bucket_of  # noqa: PLC0415 - an HTTP client that a volume does not need

    async with bucket_of(settings) as bucket:
        yield bucket


@asynccontextmanager
async def catalogue_of(settings: Settings) -> AsyncIterator[Catalogue]:
    """Open the dumps of the installation that the settings name."""
    async with destination_of(settings) as destination:
        yield Catalogue(destination, settings.backup_folder)
