"""The application: its three tiers, and the Services of the two that people and programs call."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.deployments import HTTP, deployment
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.revision import revised
from hastecrm_operator.resources.services import service


def application(crm: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return the Services and Deployments of api, web and worker."""
    return [
        service(crm, names.API, HTTP, names.APP_PORT),
        service(crm, names.WEB, HTTP, names.APP_PORT),
        revised(crm, r, deployment(crm, names.API, crm.spec.api, r)),
        revised(crm, r, deployment(crm, names.WEB, crm.spec.web, r)),
        revised(crm, r, deployment(crm, names.WORKER, crm.spec.worker, r)),
    ]
