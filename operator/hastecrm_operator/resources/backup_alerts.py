"""What somebody should be told about the backups of one object, as PromQL over what the operator exports."""

from typing import Literal, NamedTuple

from hastecrm_operator.api.conditions import BACKUP_HEALTHY, BACKUP_VERIFIED
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Backups
from hastecrm_operator.resources.alert import Alert
from hastecrm_operator.resources.promql import told


class _Case(NamedTuple):
    name: str
    severity: Literal["critical", "warning"]
    lasting: str
    summary: str
    condition: str
    reasons: tuple[Backups, ...]


_CASES = (
    _Case(
        "HasteCRMBackupFailed",
        "critical",
        "0m",
        "the newest backup has failed",
        BACKUP_HEALTHY,
        (Backups.LAST_FAILED,),
    ),
    _Case(
        "HasteCRMBackupTooOld",
        "critical",
        "0m",
        "the newest backup is older than its schedule asks",
        BACKUP_HEALTHY,
        (Backups.TOO_OLD, Backups.SUSPENDED),
    ),
    _Case(
        "HasteCRMBackupMissing",
        "warning",
        "8d",
        "no backup has succeeded for eight days",
        BACKUP_HEALTHY,
        (Backups.NEVER_SUCCEEDED,),
    ),
    _Case(
        "HasteCRMBackupNotRestorable",
        "critical",
        "0m",
        "the newest backup could not be restored and checked",
        BACKUP_VERIFIED,
        (Backups.VERIFICATION_FAILED,),
    ),
    _Case(
        "HasteCRMBackupUnproven",
        "warning",
        "8d",
        "no backup has been restored and checked for long",
        BACKUP_VERIFIED,
        (Backups.NEVER_VERIFIED, Backups.TOO_OLD),
    ),
)


def backup_alerts(crm: HasteCRM) -> list[Alert]:
    """Return the alerts about backups; none if none are asked for."""
    return [_alert(crm, case) for case in _CASES] if crm.spec.backup else []


def _alert(crm: HasteCRM, case: _Case) -> Alert:
    matchers = f'condition="{case.condition}"', f'reason=~"{"|".join(case.reasons)}"'
    expression = f"{told(crm, 'hastecrm_backup_reason', *matchers)} == 1"
    return Alert(case.name, case.severity, case.lasting, case.summary, expression)
