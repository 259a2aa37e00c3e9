"""Who may talk to whom."""

from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.network_policies import network_policies


async def apply_network_policies(scope: Scope) -> None:
    """Make the NetworkPolicies."""
    await scope.ensure(*network_policies(scope.crm))
