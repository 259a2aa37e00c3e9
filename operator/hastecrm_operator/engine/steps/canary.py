"""Some pods of the API that run a release before all do."""

from hastecrm_operator.api.names import API_CANARY
from hastecrm_operator.api.reasons import Deeds
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.kinds import DEPLOYMENT
from hastecrm_operator.engine.releases.canary import step_told
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.canary import canary
from hastecrm_operator.resources.pod_numbers import canary_pods


async def run_canary(scope: Scope) -> None:
    """Run the pods of the step that the release is at; leave none where it is at no step."""
    at, wanted = scope.course.state.canary, scope.course.wanted
    pods = canary_pods(wanted, at.step) if at else 0
    if at is None or not pods:
        await _end(scope)
        return
    before = scope.facts(DEPLOYMENT, API_CANARY, Rollout)
    await scope.ensure(*canary(wanted, scope.canary_rendering(), pods))
    if before is None or before.desired != pods:
        scope.tell(Deeds.CANARY_STEP, f"release {wanted.spec.version}: {step_told(wanted, at)}")


async def _end(scope: Scope) -> None:
    # Not left to the end of the reconcile: a bad release goes at once, whatever else fails.
    record = scope.child(DEPLOYMENT, API_CANARY)
    if record and record.owned:
        await scope.applier.remove(DEPLOYMENT, scope.keep(record))
