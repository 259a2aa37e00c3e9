"""The identities of pods. None may call the Kubernetes API: no token is mounted anywhere."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.retention import needed_for_the_last_dump


def service_account_name(crm: HasteCRM, component: str) -> str:
    """Return the name of the identity that pods of `component` run under."""
    return names.child(crm.metadata.name, component)


def service_accounts(crm: HasteCRM) -> list[Manifest]:
    """Return one ServiceAccount for each component that runs in the cluster."""
    return [_service_account(crm, component) for component in _components(crm)]


def _components(crm: HasteCRM) -> list[str]:
    components = [names.API, names.WEB, names.WORKER, names.MIGRATE]
    if crm.spec.database.managed:
        components.append(names.POSTGRES)
    if crm.spec.redis.managed:
        components.append(names.REDIS)
    return components


def _service_account(crm: HasteCRM, component: str) -> Manifest:
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(crm, service_account_name(crm, component), component),
        "automountServiceAccountToken": False,
    }
    return needed_for_the_last_dump(crm, account) if component == names.POSTGRES else account
