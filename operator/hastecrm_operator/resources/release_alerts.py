"""What somebody should be told about the releases of one object, as PromQL over what the operator exports."""

from hastecrm_operator.api.conditions import RELEASE_ACCEPTED
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.alert import Alert
from hastecrm_operator.resources.promql import told


def release_alerts(crm: HasteCRM) -> list[Alert]:
    """Return the alerts about releases."""
    condition = f'condition="{RELEASE_ACCEPTED}"', 'status="false"'
    refused = told(crm, "hastecrm_status_condition", *condition)
    frozen = told(crm, "hastecrm_status_phase", 'phase="Frozen"')
    return [
        Alert(
            "HasteCRMReleaseRejected",
            "warning",
            "0m",
            "what the spec asks for has failed or is refused, and something else runs",
            f"{refused} == 1",
        ),
        Alert(
            "HasteCRMReleaseFrozen",
            "critical",
            "0m",
            "a release has failed and cannot go back by itself: a person must decide",
            f"{frozen} == 1",
        ),
    ]
