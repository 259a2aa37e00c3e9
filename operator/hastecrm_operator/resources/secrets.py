"""Generated Secrets: what they are called and which keys they need. No value is ever seen here."""

from dataclasses import dataclass
from typing import Final

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.cloud_native_pg import owner_secret
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.retention import data

# Names of keys, not their values.
SECRET_KEY: Final = "secretKey"  # noqa: S105
ACCESS_TOKEN: Final = "accessToken"  # noqa: S105
SECRET_KEY_PREVIOUS: Final = "secretKeyPrevious"  # noqa: S105
ACCESS_TOKEN_PREVIOUS: Final = "accessTokenPrevious"  # noqa: S105
USERNAME: Final = "username"
PASSWORD: Final = "password"  # noqa: S105
OTHER_USERNAME: Final = "otherUsername"
OTHER_PASSWORD: Final = "otherPassword"  # noqa: S105
EXCLUSIVE: Final = "exclusive"
"""While a Secret has this key, its server lets nobody in whom the Secret does not name."""

OTHERS: Final = {
    SECRET_KEY: SECRET_KEY_PREVIOUS,
    ACCESS_TOKEN: ACCESS_TOKEN_PREVIOUS,
    USERNAME: OTHER_USERNAME,
    PASSWORD: OTHER_PASSWORD,
}
"""Where the value stands that is accepted beside the current one while one takes the other's place."""


@dataclass(frozen=True)
class SecretTemplate:
    """A Secret without values: each of `keys` needs one."""

    manifest: Manifest
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the Secret."""
        return str(self.manifest["metadata"]["name"])

    @property
    def has_user(self) -> bool:
        """Whether it says who signs in to a server."""
        return USERNAME in self.keys

    @property
    def for_pods(self) -> tuple[str, ...]:
        """The keys that pods of the application read; those of other users are for the server alone."""
        return self.keys if self.has_user else (*self.keys, *(OTHERS[key] for key in self.keys))


def keys_secret(crm: HasteCRM) -> str:
    """Return the name of the Secret with the application's own keys."""
    return names.child(crm.metadata.name, names.KEYS)


def database_secret(crm: HasteCRM) -> str:
    """Return the name of the Secret with the credentials of the database, whoever made it."""
    database = crm.spec.database
    if database.external:
        return database.external.credentials.secret_name
    return owner_secret(crm) if database.cloud_native_pg else names.child(crm.metadata.name, names.DATABASE)


def redis_secret(crm: HasteCRM) -> str | None:
    """Return the name of the Secret with the credentials of the cache, if it asks for any."""
    external = crm.spec.redis.external
    if external is None:
        return names.child(crm.metadata.name, names.REDIS)
    return external.credentials.secret_name if external.credentials else None


def secret_templates(crm: HasteCRM) -> list[SecretTemplate]:
    """Return the Secrets that the operator generates for `crm`."""
    templates = [_template(crm, keys_secret(crm), names.API, SECRET_KEY, ACCESS_TOKEN)]
    if crm.spec.database.managed:
        templates.append(_template(crm, database_secret(crm), names.POSTGRES, USERNAME, PASSWORD))
    if crm.spec.redis.managed:
        name = names.child(crm.metadata.name, names.REDIS)
        templates.append(_template(crm, name, names.REDIS, USERNAME, PASSWORD))
    return templates


def _template(crm: HasteCRM, name: str, component: str, *keys: str) -> SecretTemplate:
    meta = metadata(crm, name, component)
    meta["labels"].pop(names.VERSION_LABEL, None)  # Secrets outlive releases.
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "Opaque"}
    return SecretTemplate(data(crm, secret), keys)
