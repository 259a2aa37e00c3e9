"""A queue of its own for each test."""

from collections.abc import AsyncIterator

import pytest
from tests.integration.jobs.lab import Lab
from tests.integration.servers import Postgres


@pytest.fixture
async def lab(postgres: Postgres, own_database: str) -> AsyncIterator[Lab]:
    """A database, a queue and a trace that belong to this test alone."""
    lab = Lab(postgres, own_database)
    await lab.open()
    yield lab
    await lab.close()
