"""Generated Secrets: what they are called and which keys they need. No value is ever seen here."""

from dataclasses import dataclass, field

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata

SECRET_KEY = "secretKey"  # noqa: S105 - names of keys, not their values
ACCESS_TOKEN = "accessToken"  # noqa: S105
# While a key or token is being replaced, a person puts the value that is still accepted here.
SECRET_KEY_PREVIOUS = "secretKeyPrevious"  # noqa: S105
ACCESS_TOKEN_PREVIOUS = "accessTokenPrevious"  # noqa: S105
USERNAME = "username"
PASSWORD = "password"  # noqa: S105


@dataclass(frozen=True)
class SecretTemplate:
    """A Secret without values: each of `keys` needs a generated one, `fixed` ones are no secret."""

    manifest: Manifest
    keys: tuple[str, ...]
    fixed: dict[str, str] = field(default_factory=dict)


def keys_secret(crm: HasteCRM) -> str:
    """Return the name of the Secret with the application's own keys."""
    return names.child(crm.metadata.name, names.KEYS)


def database_secret(crm: HasteCRM) -> str:
    """Return the name of the Secret with the credentials of the database, whoever made it."""
    external = crm.spec.database.external
    return external.credentials.secret_name if external else names.child(crm.metadata.name, names.DATABASE)


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
        database = _template(crm, database_secret(crm), names.POSTGRES, PASSWORD)
        templates.append(SecretTemplate(database.manifest, database.keys, {USERNAME: "hastecrm"}))
    if crm.spec.redis.managed:
        templates.append(_template(crm, names.child(crm.metadata.name, names.REDIS), names.REDIS, PASSWORD))
    return templates


def _template(crm: HasteCRM, name: str, component: str, *keys: str) -> SecretTemplate:
    meta = metadata(crm, name, component)
    meta["labels"].pop(names.VERSION_LABEL, None)  # Secrets outlive releases.
    return SecretTemplate(
        {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "Opaque"}, tuple(keys)
    )
