"""A cluster with real pods and the operator in it; one installation for the whole run."""

import os
from collections.abc import Iterator

import pytest
from tests.e2e.installation import OWNER, QUICKSTART, ROOT, UNVERIFIED, Installation, installed

__all__ = ["OWNER", "QUICKSTART", "ROOT", "UNVERIFIED", "Installation"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.pods)


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    given = os.environ.get("HASTECRM_TEST_KUBECONFIG")
    assert given, "these tests need a cluster with the operator in it; use `make test-e2e`"
    return given


@pytest.fixture(scope="session")
def crm(kubeconfig: str) -> Iterator[Installation]:
    """The quickstart, in a namespace of its own."""
    with installed(kubeconfig) as installation:
        yield installation
