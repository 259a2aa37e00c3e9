"""What somebody should be told about the restores of one object, as PromQL over what the operator exports."""

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Restores
from hastecrm_operator.resources.alert import Alert
from hastecrm_operator.resources.promql import told


def restore_alerts(crm: HasteCRM) -> list[Alert]:
    """Return the alerts about restores."""
    failed = told(crm, "hastecrm_restore_result", 'result="Failed"')
    not_undone = told(crm, "hastecrm_restore_result", f'reason="{Restores.UNDO_FAILED}"')
    return [
        Alert(
            "HasteCRMRestoreFailed",
            "critical",
            "0m",
            "the newest restore, or its undoing, has failed",
            f"({failed} or {not_undone}) == 1",
        )
    ]
