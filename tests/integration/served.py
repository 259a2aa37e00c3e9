"""What GraphQL serves, without a database: enough to look at the schema."""

from hastecrm.features.ai.service import AIService
from hastecrm.features.automations.service import AutomationService
from hastecrm.features.mailboxes.service import MailboxService
from hastecrm.features.privacy.service import PrivacyService
from hastecrm.features.search.service import SearchService
from hastecrm.features.webhooks.service import WebhookService
from hastecrm.main.mail import mail_of
from hastecrm.main.records import services_of
from hastecrm.main.selling import Served, selling

_SERVICES = services_of(None, None)  # type: ignore[arg-type] # nothing is resolved
NOTHING = Served(
    _SERVICES,
    SearchService(None),  # type: ignore[arg-type]
    selling(None, None),  # type: ignore[arg-type]
    mail_of(_SERVICES, None),
    MailboxService(None, None, None),  # type: ignore[arg-type]
    WebhookService(None, None),  # type: ignore[arg-type]
    PrivacyService(None, None, None),  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AIService(None, None, None),  # type: ignore[arg-type]
    AutomationService(None),  # type: ignore[arg-type]
)
