"""What one reconcile does, in order, a file per step. A step returns, or raises why it could not finish.

A failed step never stops the ones after it: they look at what they need themselves, so that a broken
cache does not keep a deleted Deployment from coming back. Running any step twice changes nothing.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from hastecrm_operator.api.conditions import (
    ACCESS_READY,
    AVAILABLE,
    BACKUP_HEALTHY,
    CACHE_READY,
    CREDENTIALS_CURRENT,
    DATABASE_READY,
    MIGRATED,
    MONITORING_READY,
    READY,
    RELEASE_ACCEPTED,
)
from hastecrm_operator.engine.connections import drop_outdated_checks
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.steps.access import apply_access
from hastecrm_operator.engine.steps.application import apply_application
from hastecrm_operator.engine.steps.backups import settle_backups
from hastecrm_operator.engine.steps.cache import apply_cache
from hastecrm_operator.engine.steps.canary import run_canary
from hastecrm_operator.engine.steps.certificates import apply_certificates
from hastecrm_operator.engine.steps.credentials import rotate_credentials
from hastecrm_operator.engine.steps.database import apply_database
from hastecrm_operator.engine.steps.foundation import apply_foundation
from hastecrm_operator.engine.steps.leftovers import remove_leftovers
from hastecrm_operator.engine.steps.migration import migrate
from hastecrm_operator.engine.steps.monitoring import apply_monitoring
from hastecrm_operator.engine.steps.network import apply_network_policies
from hastecrm_operator.engine.steps.releases import (
    contract_schema,
    prepare_release,
    record_release,
    restore_data,
    verify_release,
)
from hastecrm_operator.engine.steps.restores import settle_restores


class Step(NamedTuple):
    """One step, and the condition that its refused writes make False."""

    condition: str
    run: Callable[[Scope], Awaitable[None]]


STEPS = (
    Step(READY, apply_foundation),
    Step(READY, apply_network_policies),
    Step(CREDENTIALS_CURRENT, rotate_credentials),
    Step(DATABASE_READY, apply_certificates),
    Step(DATABASE_READY, apply_database),
    Step(CACHE_READY, apply_cache),
    Step(READY, drop_outdated_checks),
    Step(BACKUP_HEALTHY, settle_backups),
    Step(READY, settle_restores),
    Step(MIGRATED, prepare_release),
    Step(MIGRATED, migrate),
    Step(AVAILABLE, apply_application),
    Step(READY, run_canary),
    Step(READY, verify_release),
    Step(RELEASE_ACCEPTED, restore_data),
    Step(MIGRATED, contract_schema),
    Step(ACCESS_READY, apply_access),
    Step(MONITORING_READY, apply_monitoring),
    Step(READY, record_release),
    Step(READY, remove_leftovers),
)
