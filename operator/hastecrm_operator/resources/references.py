"""What a spec names and only the cluster can know: Secrets, ConfigMaps, StorageClasses, with their fields."""

from collections.abc import Iterator
from dataclasses import dataclass

from hastecrm_operator.api.components import Tier
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.files import OPENID_KEYS
from hastecrm_operator.resources.pod_references import named_objects
from hastecrm_operator.resources.secrets import PASSWORD, USERNAME


@dataclass(frozen=True)
class Reference:
    """A Secret or ConfigMap that a user must provide, with the keys it must hold."""

    field_path: str
    name: str
    keys: tuple[str, ...]
    kind: str = "Secret"


def references(crm: HasteCRM) -> list[Reference]:
    """Return every Secret and ConfigMap that the spec names; pods are made of what they hold."""
    parts = (_pull_secrets, _environment, _additions, _database, _redis, _providers, _mail)
    return [reference for part in parts for reference in part(crm)]


def backup_references(crm: HasteCRM) -> list[Reference]:
    """Return every Secret that the spec names for dumps; no pod of the application is made of them."""
    backup, found = crm.spec.backup, []
    s3 = backup.destination.s3 if backup else None
    path = "spec.backup.destination.s3"
    if s3:
        keys = ("accessKeyId", "secretAccessKey")
        found.append(Reference(f"{path}.credentials.secretName", s3.credentials.secret_name, keys))
    if s3 and s3.ca_secret_name:
        found.append(Reference(f"{path}.caSecretName", s3.ca_secret_name, ("ca.crt",)))
    if backup and backup.encryption:
        found.append(Reference("spec.backup.encryption.secretName", backup.encryption.secret_name, ("key",)))
    return found


def storage_classes(crm: HasteCRM) -> list[tuple[str, str]]:
    """Return every StorageClass that the spec names, as (field, class)."""
    database, redis = crm.spec.database, crm.spec.redis
    stores = {
        "spec.database.managed": database.managed,
        "spec.database.cloudNativePG": database.cloud_native_pg,
        "spec.redis.managed": redis.managed,
    }
    classes = {path: store.storage.class_name for path, store in stores.items() if store}
    return [(f"{path}.storage.className", name) for path, name in classes.items() if name]


def _pull_secrets(crm: HasteCRM) -> Iterator[Reference]:
    for index, secret in enumerate(crm.spec.images.pull_secrets):
        yield Reference(f"spec.images.pullSecrets[{index}].name", secret.name, (".dockerconfigjson",))


def _environment(crm: HasteCRM) -> Iterator[Reference]:
    for tier, spec in _tiers(crm):
        for index, variable in enumerate(spec.env):
            path, source = f"spec.{tier}.env[{index}].valueFrom", variable.value_from
            if source and (of := source.secret_key_ref):
                yield Reference(f"{path}.secretKeyRef", of.name, (of.key,))
            if source and (of := source.config_map_key_ref):
                yield Reference(f"{path}.configMapKeyRef", of.name, (of.key,), "ConfigMap")


def _additions(crm: HasteCRM) -> Iterator[Reference]:
    for tier, spec in _tiers(crm):
        for path, kind, name, keys in named_objects(spec.pod_template) if spec.pod_template else ():
            yield Reference(f"spec.{tier}.podTemplate.{path}", name, keys, kind)


def _tiers(crm: HasteCRM) -> tuple[tuple[str, Tier], ...]:
    return ("api", crm.spec.api), ("web", crm.spec.web), ("worker", crm.spec.worker)


def _database(crm: HasteCRM) -> Iterator[Reference]:
    external = crm.spec.database.external
    if external is None:
        return
    path = "spec.database.external"
    name = external.credentials.secret_name
    yield Reference(f"{path}.credentials.secretName", name, (USERNAME, PASSWORD))
    if external.ca_secret_name:
        yield Reference(f"{path}.caSecretName", external.ca_secret_name, ("ca.crt",))


def _redis(crm: HasteCRM) -> Iterator[Reference]:
    external = crm.spec.redis.external
    if external and external.credentials:
        path = "spec.redis.external.credentials.secretName"
        yield Reference(path, external.credentials.secret_name, (PASSWORD,))
    if external and external.ca_secret_name:
        yield Reference("spec.redis.external.caSecretName", external.ca_secret_name, ("ca.crt",))


def _providers(crm: HasteCRM) -> Iterator[Reference]:
    for index, provider in enumerate(crm.spec.auth.oauth):
        yield Reference(f"spec.auth.oauth[{index}].secretName", provider.secret_name, OPENID_KEYS)


def _mail(crm: HasteCRM) -> Iterator[Reference]:
    mail = crm.spec.mail
    if mail and mail.credentials:
        keys = (USERNAME, PASSWORD)
        yield Reference("spec.mail.credentials.secretName", mail.credentials.secret_name, keys)
    if mail and mail.ca_secret_name:
        yield Reference("spec.mail.caSecretName", mail.ca_secret_name, ("ca.crt",))
