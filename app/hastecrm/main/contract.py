"""Everything that the API promises to its clients, from all features."""

from importlib.metadata import version
from typing import Any

from hastecrm.core.graphql.contract import OPERATION as GRAPHQL
from hastecrm.core.openapi import document
from hastecrm.core.service_contract import OPERATIONS as OF_THE_SERVICE
from hastecrm.features.accounts import contract as accounts
from hastecrm.features.audit import contract as audit
from hastecrm.features.contacts import contract as contacts
from hastecrm.features.workspaces import contract as workspaces

OPERATIONS = (
    *contacts.OPERATIONS,
    *accounts.OPERATIONS,
    *workspaces.OPERATIONS,
    *audit.OPERATIONS,
    GRAPHQL,
)


def api_document() -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    return document((*OPERATIONS, *OF_THE_SERVICE), version=version("hastecrm"))
