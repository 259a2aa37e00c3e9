"""Puts the export and the erasure of a person together."""

from hastecrm.core.database import Database
from hastecrm.core.keys import KeyRing
from hastecrm.core.response_cache.versions import Changes
from hastecrm.core.settings import Settings
from hastecrm.features.privacy.domain import Digests
from hastecrm.features.privacy.service import PrivacyService


def privacy_service(settings: Settings, database: Database, changes: Changes) -> PrivacyService:
    """Return the use cases."""
    return PrivacyService(database, changes, Digests(KeyRing.of(settings, "erasures")))
