"""An installation for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.restores.installation import Installation
from tests.integration.servers import Postgres


@pytest.fixture
async def acme(postgres: Postgres, own_database: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation with people in it, and one dump of it: acme-1."""
    installation = Installation(postgres, own_database, tmp_path)
    await installation.fill()
    await installation.dump()
    yield installation
    await installation.clean()
