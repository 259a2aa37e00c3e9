"""Everything that the API promises to its clients, from all features."""

from importlib.metadata import version
from typing import Any

from hastecrm.core.graphql.contract import OPERATION as GRAPHQL
from hastecrm.core.graphql.contract import STREAM as GRAPHQL_STREAM
from hastecrm.core.openapi import document
from hastecrm.core.service_contract import OPERATIONS as OF_THE_SERVICE
from hastecrm.features.accounts import contract as accounts
from hastecrm.features.ai import contract as ai
from hastecrm.features.api_keys import contract as api_keys
from hastecrm.features.attachments import contract as attachments
from hastecrm.features.audit import contract as audit
from hastecrm.features.automations import contract as automations
from hastecrm.features.deals import contract as deals
from hastecrm.features.events import contract as events
from hastecrm.features.exports.contract import operation_of_kind
from hastecrm.features.openid import contract as openid
from hastecrm.features.pipelines import contract as pipelines
from hastecrm.features.privacy import contract as privacy
from hastecrm.features.reports import contract as reports
from hastecrm.features.search import contract as search
from hastecrm.features.second_factor import contract as second_factor
from hastecrm.features.timeline import contract as timeline
from hastecrm.features.webhooks import contract as webhooks
from hastecrm.features.workspaces import contract as workspaces
from hastecrm.main import duplicates, imports, mail, merges, records
from hastecrm.main.kinds import KINDS
from hastecrm.main.openid import REDEEM

OPERATIONS = (
    *records.OPERATIONS,
    *(operation_of_kind(kind) for kind in KINDS),
    *imports.OPERATIONS,
    *mail.OPERATIONS,
    *duplicates.OPERATIONS,
    *merges.OPERATIONS,
    *attachments.OPERATIONS,
    *privacy.OPERATIONS,
    *deals.OPERATIONS,
    *timeline.OPERATIONS,
    *pipelines.OPERATIONS,
    *reports.OPERATIONS,
    *search.OPERATIONS,
    *accounts.OPERATIONS,
    *second_factor.OPERATIONS,
    openid.LIST,
    openid.START,
    openid.FINISH,
    REDEEM,
    *workspaces.OPERATIONS,
    *audit.OPERATIONS,
    *api_keys.OPERATIONS,
    *events.OPERATIONS,
    *webhooks.OPERATIONS,
    *ai.OPERATIONS,
    *automations.OPERATIONS,
    GRAPHQL,
    GRAPHQL_STREAM,
)


def api_document() -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    return document((*OPERATIONS, *OF_THE_SERVICE), version=version("hastecrm"))
