"""Environment variables of application containers: the ConfigMap, then secrets, then what the user adds."""

from collections.abc import Sequence
from typing import Any

from hastecrm_operator.api.environment import EnvVar, KeySelector
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources import secrets
from hastecrm_operator.resources.config_map import config_map_name


def environment_from(crm: HasteCRM) -> list[dict[str, Any]]:
    """Return the source of all that is no secret."""
    return [{"configMapRef": {"name": config_map_name(crm)}}]


def environment(crm: HasteCRM, own: Sequence[EnvVar] = ()) -> list[dict[str, Any]]:
    """Return the secret variables of a tier, and the user's own; those win."""
    variables = {**_keys(crm), **_stores(crm), **{v.name: _own(v) for v in own}}
    return [{"name": name, **value} for name, value in variables.items()]


def store_environment(crm: HasteCRM) -> list[dict[str, Any]]:
    """Return the secret variables of a Job: it needs the stores and no key of the application."""
    return [{"name": name, **value} for name, value in _stores(crm).items()]


def _keys(crm: HasteCRM) -> dict[str, dict[str, Any]]:
    name = secrets.keys_secret(crm)
    return {
        "HASTECRM_SECRET_KEY": _secret(name, secrets.SECRET_KEY),
        "HASTECRM_ACCESS_TOKEN": _secret(name, secrets.ACCESS_TOKEN),
    }


def _stores(crm: HasteCRM) -> dict[str, dict[str, Any]]:
    database, redis = secrets.database_secret(crm), secrets.redis_secret(crm)
    variables = {
        "HASTECRM_DATABASE_USER": _secret(database, secrets.USERNAME),
        "HASTECRM_DATABASE_PASSWORD": _secret(database, secrets.PASSWORD),
    }
    if redis:
        variables["HASTECRM_REDIS_PASSWORD"] = _secret(redis, secrets.PASSWORD)
    return variables


def _secret(name: str, key: str) -> dict[str, Any]:
    return {"valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _own(variable: EnvVar) -> dict[str, Any]:
    if variable.value_from is None:
        return {"value": variable.value} if variable.value else {}  # "" is stored as nothing.
    secret, config = variable.value_from.secret_key_ref, variable.value_from.config_map_key_ref
    if secret:
        return {"valueFrom": {"secretKeyRef": _selector(secret)}}
    return {"valueFrom": {"configMapKeyRef": _selector(config)}} if config else {}


def _selector(selector: KeySelector) -> dict[str, str]:
    return {"name": selector.name, "key": selector.key}
