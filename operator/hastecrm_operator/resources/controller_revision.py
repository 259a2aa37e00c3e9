"""The record of a release that was found good: what it was made of, so that it can be run again."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata

_COMPONENT = "release"


def controller_revision(crm: HasteCRM, number: int) -> Manifest:
    """Return the record of revision `number` without its data, which the API server never lets change."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata(crm, names.child(crm.metadata.name, str(number)), _COMPONENT),
        "revision": number,
    }
