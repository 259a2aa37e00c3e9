"""What application pods read as files: authorities to trust, and the providers that people sign in with."""

from pathlib import PurePosixPath
from typing import Any, Final

from hastecrm_operator.api import names
from hastecrm_operator.api.auth import OAuthProvider
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.authority import authority
from hastecrm_operator.resources.config_map import MAIL_CA_FILE, OPENID_DIRECTORY
from hastecrm_operator.resources.pods import READABLE_BY_GROUP, Volume, secret_file

OPENID_KEYS: Final = ("issuer", "clientId", "clientSecret")


def files(crm: HasteCRM, component: str) -> list[Volume]:
    """Return the volumes with the files that `component` reads, and no others."""
    return [*authority(crm, component), *_mail_authority(crm, component), *_providers(crm, component)]


def _mail_authority(crm: HasteCRM, component: str) -> list[Volume]:
    mail = crm.spec.mail
    if mail is None or mail.ca_secret_name is None or component not in {names.API, names.WORKER}:
        return []
    path = PurePosixPath(MAIL_CA_FILE)
    return [secret_file("mail-ca", str(path.parent), mail.ca_secret_name, path.name)]


def _providers(crm: HasteCRM, component: str) -> list[Volume]:
    if not crm.spec.auth.oauth or component != names.API:
        return []
    sources = [source for provider in crm.spec.auth.oauth for source in _sources(provider)]
    projected = {"projected": {"defaultMode": READABLE_BY_GROUP, "sources": sources}}
    return [Volume("openid", OPENID_DIRECTORY, projected, read_only=True)]


def _sources(provider: OAuthProvider) -> list[dict[str, Any]]:
    # Two of the same Secret, because only a whole source can be optional and only the title is.
    needed = {"name": provider.secret_name, "items": _items(provider.name, *OPENID_KEYS)}
    wished = {"name": provider.secret_name, "items": _items(provider.name, "title"), "optional": True}
    return [{"secret": needed}, {"secret": wished}]


def _items(folder: str, *keys: str) -> list[dict[str, str]]:
    return [{"key": key, "path": f"{folder}/{key}"} for key in keys]
