"""Environment variables of application containers: the ConfigMap, then secrets, then what the user adds."""

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.environment import EnvVar, KeySelector
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources import secrets
from hastecrm_operator.resources.config_map import config_map_name

Variables = dict[str, dict[str, Any]]


def environment_from(crm: HasteCRM) -> list[dict[str, Any]]:
    """Return the source of all that is no secret."""
    return [{"configMapRef": {"name": config_map_name(crm)}}]


def environment(crm: HasteCRM, component: str, own: Sequence[EnvVar] = ()) -> list[dict[str, Any]]:
    """Return the secrets that a component needs, and no others, then the user's own variables; those win."""
    groups = [group(crm) for group in _NEEDS[component]]
    variables = dict(ChainMap({v.name: _own(v) for v in own}, *groups))
    return [{"name": name, **value} for name, value in variables.items()]


def _access_token(crm: HasteCRM) -> Variables:
    return {"HASTECRM_ACCESS_TOKEN": _secret(secrets.keys_secret(crm), secrets.ACCESS_TOKEN)}


def _access_token_previous(crm: HasteCRM) -> Variables:
    previous = _secret(secrets.keys_secret(crm), secrets.ACCESS_TOKEN_PREVIOUS, optional=True)
    return {"HASTECRM_ACCESS_TOKEN_PREVIOUS": previous}


def _secret_key(crm: HasteCRM) -> Variables:
    name = secrets.keys_secret(crm)
    return {
        "HASTECRM_SECRET_KEY": _secret(name, secrets.SECRET_KEY),
        "HASTECRM_SECRET_KEY_PREVIOUS": _secret(name, secrets.SECRET_KEY_PREVIOUS, optional=True),
    }


def _database(crm: HasteCRM) -> Variables:
    name = secrets.database_secret(crm)
    return {
        "HASTECRM_DATABASE_USER": _secret(name, secrets.USERNAME),
        "HASTECRM_DATABASE_PASSWORD": _secret(name, secrets.PASSWORD),
    }


def _redis(crm: HasteCRM) -> Variables:
    name = secrets.redis_secret(crm)
    if name is None:
        return {}
    # An external server may know one user only, who needs no name.
    return {
        "HASTECRM_REDIS_USER": _secret(name, secrets.USERNAME, optional=crm.spec.redis.managed is None),
        "HASTECRM_REDIS_PASSWORD": _secret(name, secrets.PASSWORD),
    }


def _mail(crm: HasteCRM) -> Variables:
    credentials = crm.spec.mail.credentials if crm.spec.mail else None
    if credentials is None:
        return {}
    return {
        "HASTECRM_MAIL_USER": _secret(credentials.secret_name, secrets.USERNAME),
        "HASTECRM_MAIL_PASSWORD": _secret(credentials.secret_name, secrets.PASSWORD),
    }


def _release(crm: HasteCRM) -> Variables:  # noqa: ARG001 - a pod knows its own release
    path = f"metadata.annotations['{names.RELEASE_ANNOTATION}']"
    return {"HASTECRM_RELEASE": {"valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}}


# The web tier faces the internet and is not trusted with the database.
_NEEDS: Mapping[str, tuple[Callable[[HasteCRM], Variables], ...]] = {
    names.API: (_release, _access_token, _access_token_previous, _secret_key, _database, _redis, _mail),
    names.WEB: (_release, _secret_key),
    names.WORKER: (_release, _secret_key, _database, _redis, _mail),
    names.MIGRATE: (_database,),
    names.BACKUP: (_database,),
    names.DRILL: (_database,),
    names.RESTORE: (_database,),
    f"{names.CHECK}-{names.DATABASE}": (_database,),
    f"{names.CHECK}-{names.REDIS}": (_redis,),
}


def _secret(name: str, key: str, *, optional: bool = False) -> dict[str, Any]:
    reference = {"name": name, "key": key, **({"optional": True} if optional else {})}
    return {"valueFrom": {"secretKeyRef": reference}}


def _own(variable: EnvVar) -> dict[str, Any]:
    if variable.value_from is None:
        return {"value": variable.value} if variable.value else {}  # "" is stored as nothing.
    secret, config = variable.value_from.secret_key_ref, variable.value_from.config_map_key_ref
    if secret:
        return {"valueFrom": {"secretKeyRef": _selector(secret)}}
    return {"valueFrom": {"configMapKeyRef": _selector(config)}} if config else {}


def _selector(selector: KeySelector) -> dict[str, str]:
    return {"name": selector.name, "key": selector.key}
