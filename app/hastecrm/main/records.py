"""The addresses of all kinds of records, and their use cases."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.operations import Operation
from hastecrm.core.outbound import Outbound
from hastecrm.core.records.contract import contract_of
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.repository import Records, Rules
from hastecrm.core.records.routes import RecordRoutes
from hastecrm.core.records.service import RecordService
from hastecrm.core.response_cache.versions import Changes
from hastecrm.features.automations.domain import AUTOMATION
from hastecrm.features.automations.rules import AutomationRules
from hastecrm.features.companies.domain import COMPANY
from hastecrm.features.contacts.domain import CONTACT
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.deals.service.deals import DealService
from hastecrm.features.exports.repository import Exports
from hastecrm.features.exports.routes import ExportRoutes
from hastecrm.features.imports.rules import ImportRules
from hastecrm.features.mail.vocabulary import TemplateRules, Vocabulary
from hastecrm.features.merges.service import MergeableService
from hastecrm.features.saved_views.rules import SavedViewRules
from hastecrm.features.tags.repository import TagRules
from hastecrm.features.timeline.domain import ACTIVITY, TASK
from hastecrm.features.timeline.service import ActivityService, TaskService
from hastecrm.features.webhooks.domain import WEBHOOK
from hastecrm.features.webhooks.rules import WebhookRules
from hastecrm.main.kinds import KINDS

OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    operation for kind in KINDS for operation in contract_of(kind).operations
)
VOCABULARY: Final = Vocabulary({"contact": CONTACT, "company": COMPANY}, CustomFields())
IMPORTED: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (CONTACT, COMPANY)}
# What kinds need the database for when they are stored or end.
_RULES: Final[Mapping[str, Rules]] = {
    "tag": TagRules(KINDS),
    AUTOMATION.name: AutomationRules(DEAL),
    "saved_view": SavedViewRules({kind.name: kind for kind in KINDS}, utc_now),
    "import": ImportRules(IMPORTED),
    "mail_template": TemplateRules(VOCABULARY),
}

# The kinds with use cases of their own; all others have what every record has.
_OWN: Final[Mapping[Kind, type[RecordService]]] = {
    CONTACT: MergeableService,
    COMPANY: MergeableService,
    DEAL: DealService,
    ACTIVITY: ActivityService,
    TASK: TaskService,
}

Services = Mapping[str, RecordService]


def services_of(database: Database, changes: Changes, outbound: Outbound | None = None) -> Services:
    """Return the use cases of each kind, by its name; `outbound` tells what webhooks may be."""
    fields, told = CustomFields(), [kind.name for kind in KINDS if kind not in (WEBHOOK, AUTOMATION)]
    rules = {**_RULES, WEBHOOK.name: WebhookRules(told, outbound or Outbound())}
    return {
        kind.name: _OWN.get(kind, RecordService)(
            Records(kind, database, fields), changes, rules=rules.get(kind.name)
        )
        for kind in KINDS
    }


def add_records(app: web.Application, services: Services, database: Database) -> None:
    """Serve the records of every kind, and files of them."""
    for service in services.values():
        RecordRoutes(service, Idempotency(database)).add_to(app)
    ExportRoutes(Exports(database, CustomFields()), KINDS).add_to(app)
