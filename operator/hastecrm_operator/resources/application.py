"""The application: its three tiers, how many pods each has, and the Services of two of them."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.autoscalers import autoscaler
from hastecrm_operator.resources.deployments import HTTP, TierSpec, deployment
from hastecrm_operator.resources.disruption_budgets import disruption_budget
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.revision import revised
from hastecrm_operator.resources.services import service


def tiers(crm: HasteCRM) -> dict[str, TierSpec]:
    """Return what the spec says of each tier."""
    return {names.API: crm.spec.api, names.WEB: crm.spec.web, names.WORKER: crm.spec.worker}


def application(crm: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return Services, PodDisruptionBudgets, Deployments and HorizontalPodAutoscalers of the three tiers."""
    awake = () if r.asleep else tiers(crm).items()  # An autoscaler would call sleeping pods a fault.
    return [
        service(crm, names.API, HTTP, names.APP_PORT),
        service(crm, names.WEB, HTTP, names.APP_PORT),
        *(disruption_budget(crm, tier) for tier in tiers(crm)),
        *(revised(crm, r, deployment(crm, tier, spec, r)) for tier, spec in tiers(crm).items()),
        *(autoscaler(crm, tier, s.autoscaling) for tier, s in awake if s.autoscaling),
    ]
