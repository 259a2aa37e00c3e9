"""The certificate authorities that an external database is checked against."""

from pathlib import PurePosixPath

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.config_map import CA_FILE
from hastecrm_operator.resources.pods import Volume, secret_file


def authority(crm: HasteCRM, component: str) -> list[Volume]:
    """Return the volume with the authorities, if the user gave any and `component` uses the database."""
    external = crm.spec.database.external
    if external is None or external.ca_secret_name is None or component == names.WEB:
        return []
    path = PurePosixPath(CA_FILE)
    return [secret_file("database-ca", str(path.parent), external.ca_secret_name, path.name)]
