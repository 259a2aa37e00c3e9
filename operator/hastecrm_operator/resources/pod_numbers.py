"""How many pods of the API there are, and how many run a release before all do. Pure arithmetic."""

from hastecrm_operator.api.hastecrm import HasteCRM


def expected_pods(crm: HasteCRM) -> int:
    """Return how many pods of the API there are at least."""
    scaling = crm.spec.api.autoscaling
    return scaling.min_replicas if scaling else crm.spec.api.replicas


def canary_pods(crm: HasteCRM, step: int) -> int:
    """Return how many pods a step has, counted from 1: that part of the API's pods, rounded up."""
    asked = crm.spec.release.canary
    if asked is None:
        return 0
    percent = asked.steps[min(step, len(asked.steps)) - 1]
    return -(-expected_pods(crm) * percent // 100)


def most_canary_pods(crm: HasteCRM) -> int:
    """Return how many pods the last step has, which is the largest; 0 where there are no steps."""
    return canary_pods(crm, len(crm.spec.release.canary.steps)) if crm.spec.release.canary else 0
