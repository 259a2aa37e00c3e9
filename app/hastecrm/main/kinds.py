"""Every kind of record that there is."""

from typing import Final

from hastecrm.core.records.kind import Kind
from hastecrm.core.records.repository import Belongings
from hastecrm.features.attachments.domain import ATTACHMENT
from hastecrm.features.automations.domain import AUTOMATION
from hastecrm.features.companies.domain import COMPANY
from hastecrm.features.contacts.domain import CONTACT
from hastecrm.features.custom_fields.domain import CUSTOM_FIELD
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.imports.record import IMPORT
from hastecrm.features.mail.domain import MAIL_TEMPLATE
from hastecrm.features.mailboxes.domain import MAIL_ACCOUNT
from hastecrm.features.saved_views.domain import SAVED_VIEW
from hastecrm.features.tags.domain import TAG
from hastecrm.features.timeline.domain import ACTIVITY, NOTE, TASK
from hastecrm.features.webhooks.domain import WEBHOOK

# In the order in which they can be removed: what refers to others comes before them.
KINDS: Final[tuple[Kind, ...]] = (
    ATTACHMENT,
    ACTIVITY, TASK, NOTE, DEAL, CONTACT, COMPANY, TAG, CUSTOM_FIELD, SAVED_VIEW, MAIL_TEMPLATE, MAIL_ACCOUNT,
    WEBHOOK, IMPORT, AUTOMATION,
)  # fmt: skip
BELONGINGS: Final = Belongings(KINDS)
