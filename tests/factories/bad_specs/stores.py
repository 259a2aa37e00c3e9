"""What is wrong with a database or a cache."""

from typing import Any

from tests.factories.crm import EXTERNAL_DATABASE, EXTERNAL_REDIS

_ONE_DATABASE = "database needs exactly one of managed, external and cloudNativePG"
_DECIDED = "parameters must not set what the operator decides"


def _parameters(**parameters: Any) -> dict[str, Any]:
    return {"database": {"managed": {"parameters": parameters}}}


def _pool(**pool: Any) -> dict[str, Any]:
    return {"database": {"pool": pool}}


STORES: dict[str, tuple[dict[str, Any], str]] = {
    "a managed and an external database": (
        {"database": {"managed": {}, "external": EXTERNAL_DATABASE}},
        _ONE_DATABASE,
    ),
    "a managed database and a cluster": ({"database": {"managed": {}, "cloudNativePG": {}}}, _ONE_DATABASE),
    "an external database and a cluster": (
        {"database": {"cloudNativePG": {}, "external": EXTERNAL_DATABASE}},
        _ONE_DATABASE,
    ),
    "both caches": (
        {"redis": {"managed": {}, "external": EXTERNAL_REDIS}},
        "redis needs exactly one of managed and external",
    ),
    "an external database without credentials": (
        {"database": {"external": {"host": "db.example.com"}}},
        "spec.database.external.credentials: Required value",
    ),
    "a database's authority that nobody checks": (
        {"database": {"external": {**EXTERNAL_DATABASE, "sslMode": "require"}}},
        "caSecretName is only used with sslMode: verify-full; set that, or leave caSecretName out",
    ),
    "a cache's authority that nobody checks": (
        {"redis": {"external": {"host": "redis", "caSecretName": "ca"}}},
        "redis.external.caSecretName needs tls: true; set that, or leave caSecretName out",
    ),
    "a database address with a port": (
        {"database": {"external": {**EXTERNAL_DATABASE, "host": "db:5432"}}},
        "must be a DNS name or an IP address, without a port",
    ),
    "a database that starts with a digit": (
        {"database": {"external": {**EXTERNAL_DATABASE, "name": "1crm"}}},
        "must be a name of letters, digits, _ and -, and not start with a digit",
    ),
    "a port out of range": (
        {"database": {"external": {**EXTERNAL_DATABASE, "port": 65536}}},
        "spec.database.external.port: Invalid value: 65536",
    ),
    "an ssl mode of its own": (
        {"database": {"external": {**EXTERNAL_DATABASE, "sslMode": "prefer"}}},
        '"disable", "require", "verify-full"',
    ),
    "a pool upside down": (
        _pool(minSize=9, maxSize=3),
        "pool.minSize must not be more than pool.maxSize",
    ),
    "a duration in words": (_pool(statementTimeout="soon"), "must be a duration like 500ms, 5s or 1m30s"),
    "a duration of nothing": (_pool(statementTimeout="0s"), "must be a duration"),
    "a duration without a unit": (_pool(statementTimeout="5"), "must be a duration"),
    "a statement for ever": (
        _pool(statementTimeout="61m"),
        "pool.statementTimeout must not be more than 1h",
    ),
    "a size in words": (
        {"database": {"managed": {"storage": {"size": "big"}}}},
        'spec.database.managed.storage.size: Invalid value: "big": must be a quantity like',
    ),
    "a parameter that would lose data": (_parameters(fsync="off"), _DECIDED),
    "a parameter that would lock out": (_parameters(hba_file="/tmp/hba"), _DECIDED),  # noqa: S108
    "a parameter of a cluster that the operator decides": (
        {"database": {"cloudNativePG": {"parameters": {"port": "1"}}}},
        _DECIDED,
    ),
    "a parameter with a bad name": (
        _parameters(**{"Work-Mem": "4MB"}),
        "parameters must be named as in postgresql.conf, like work_mem",
    ),
    "a parameter with quotes": (
        _parameters(work_mem="'4MB'"),
        "must be a value as in postgresql.conf, without blanks or quotes, like 16MB",
    ),
    "a parameter that is no text": (_parameters(max_connections=100), "parameters.max_connections"),
    "a cluster of nobody": (
        {"database": {"cloudNativePG": {"instances": 0}}},
        "spec.database.cloudNativePG.instances",
    ),
    "a cache without memory": (
        {"redis": {"managed": {"maxMemory": "-1"}}},
        "must be a quantity like 500m, 2, 256Mi or 10Gi",
    ),
}
