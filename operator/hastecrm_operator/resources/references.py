"""What a spec names and only the cluster can know: Secrets and StorageClasses, each with its field."""

from collections.abc import Iterator
from dataclasses import dataclass

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.files import OPENID_KEYS
from hastecrm_operator.resources.secrets import PASSWORD, USERNAME


@dataclass(frozen=True)
class SecretReference:
    """A Secret that a user must provide, with the keys it must hold."""

    field_path: str
    secret_name: str
    keys: tuple[str, ...]


def secret_references(crm: HasteCRM) -> list[SecretReference]:
    """Return every Secret that the spec names, in the order of the fields."""
    parts = (_pull_secrets, _environment, _database, _redis, _providers, _mail)
    return [reference for part in parts for reference in part(crm)]


def storage_classes(crm: HasteCRM) -> list[tuple[str, str]]:
    """Return every StorageClass that the spec names, as (field, class)."""
    named = []
    database, redis = crm.spec.database.managed, crm.spec.redis.managed
    if database and database.storage.class_name:
        named.append(("spec.database.managed.storage.className", database.storage.class_name))
    if redis and redis.storage.class_name:
        named.append(("spec.redis.managed.storage.className", redis.storage.class_name))
    return named


def _pull_secrets(crm: HasteCRM) -> Iterator[SecretReference]:
    for index, secret in enumerate(crm.spec.images.pull_secrets):
        yield SecretReference(f"spec.images.pullSecrets[{index}].name", secret.name, (".dockerconfigjson",))


def _environment(crm: HasteCRM) -> Iterator[SecretReference]:
    tiers = (("api", crm.spec.api), ("web", crm.spec.web), ("worker", crm.spec.worker))
    for tier, spec in tiers:
        for index, variable in enumerate(spec.env):
            selector = variable.value_from.secret_key_ref if variable.value_from else None
            if selector:
                path = f"spec.{tier}.env[{index}].valueFrom.secretKeyRef"
                yield SecretReference(path, selector.name, (selector.key,))


def _database(crm: HasteCRM) -> Iterator[SecretReference]:
    external = crm.spec.database.external
    if external is None:
        return
    path = "spec.database.external"
    name = external.credentials.secret_name
    yield SecretReference(f"{path}.credentials.secretName", name, (USERNAME, PASSWORD))
    if external.ca_secret_name:
        yield SecretReference(f"{path}.caSecretName", external.ca_secret_name, ("ca.crt",))


def _redis(crm: HasteCRM) -> Iterator[SecretReference]:
    external = crm.spec.redis.external
    if external and external.credentials:
        path = "spec.redis.external.credentials.secretName"
        yield SecretReference(path, external.credentials.secret_name, (PASSWORD,))
    if external and external.ca_secret_name:
        yield SecretReference("spec.redis.external.caSecretName", external.ca_secret_name, ("ca.crt",))


def _providers(crm: HasteCRM) -> Iterator[SecretReference]:
    for index, provider in enumerate(crm.spec.auth.oauth):
        yield SecretReference(f"spec.auth.oauth[{index}].secretName", provider.secret_name, OPENID_KEYS)


def _mail(crm: HasteCRM) -> Iterator[SecretReference]:
    mail = crm.spec.mail
    if mail and mail.credentials:
        keys = (USERNAME, PASSWORD)
        yield SecretReference("spec.mail.credentials.secretName", mail.credentials.secret_name, keys)
    if mail and mail.ca_secret_name:
        yield SecretReference("spec.mail.caSecretName", mail.ca_secret_name, ("ca.crt",))
