"""Stores of a test's own, as the application's ordinary role."""

from collections.abc import AsyncIterator

import pytest
from tests.integration.application import settings_for
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.scope import SYSTEM


@pytest.fixture
async def store(postgres: Postgres, own_database: str) -> AsyncIterator[Database]:
    """An open pool of four connections to a database of the test's own."""
    sizes = {"HASTECRM_POOL_MIN_SIZE": "1", "HASTECRM_POOL_MAX_SIZE": "4", "HASTECRM_POOL_QUEUE": "8"}
    settings, _ = settings_for("api", {**postgres.environment(own_database), **sizes})
    database = Database.of(settings, "test", scope=SYSTEM)
    await database.open()
    yield database
    await database.close()
