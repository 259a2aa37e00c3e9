"""Specs of the configuration and the pods that are refused, each with the field and a part of the sentence.

The parser and the API server are held to the same table.
"""

from typing import Any

MAIL = {"host": "smtp.example.com", "from": "crm@example.com"}

BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a token for ever": (
        {"auth": {"accessTokenTTL": "2h"}},
        "spec.auth",
        "auth.accessTokenTTL must be from 1m to 1h",
    ),
    "a session shorter than its token": (
        {"auth": {"refreshTokenTTL": "59m"}},
        "spec.auth",
        "auth.refreshTokenTTL must be from 1h",
    ),
    "a session for ever": (
        {"auth": {"refreshTokenTTL": "53w"}},
        "spec.auth",
        "auth.refreshTokenTTL must be from 1h",
    ),
    "letters that link to nowhere": ({"mail": MAIL}, "spec", "mail needs host"),
    "a mail CA that nobody checks": (
        {"host": "crm.example.com", "mail": {**MAIL, "tls": "none", "caSecretName": "ca"}},
        "spec.mail",
        "mail.caSecretName needs tls",
    ),
    "a verification that never arrives": (
        {"auth": {"emailVerification": True}},
        "spec",
        "auth.emailVerification needs mail",
    ),
    "origins by a pattern": (
        {"security": {"corsOrigins": ["https://*.example.com"]}},
        "spec.security.corsOrigins.0",
        "must be an origin like",
    ),
    "a rate in words": (
        {"security": {"rateLimits": {"api": "a few"}}},
        "spec.security.rateLimits.api",
        "must be a rate per second",
    ),
    "a proxy that is no network": (
        {"security": {"trustedProxies": ["10.0.0.1"]}},
        "spec.security.trustedProxies.0",
        "must be a network like",
    ),
    "a network of colons": (
        {"security": {"trustedProxies": [":::::/8"]}},
        "spec.security.trustedProxies.0",
        "must be a network like",
    ),
    "a network with a mask": (
        {"security": {"trustedProxies": ["10.0.0.0/255.0.0.0"]}},
        "spec.security.trustedProxies.0",
        "must be a network like",
    ),
    "a proxy that is anybody": (
        {"security": {"trustedProxies": ["0.0.0.0/0"]}},
        "spec.security",
        "security.trustedProxies must not hold a network of /0",
    ),
    "less at most than at least": (
        {"api": {"autoscaling": {"minReplicas": 5, "maxReplicas": 4}}},
        "spec.api.autoscaling",
        "autoscaling.minReplicas must not be more than autoscaling.maxReplicas",
    ),
    "a share of nothing": (
        {"worker": {"autoscaling": {"maxReplicas": 4}, "resources": {"requests": {"memory": "1Gi"}}}},
        "spec.worker",
        "autoscaling.targetCPUPercent needs resources.requests.cpu",
    ),
    "a share of no memory": (
        {
            "web": {
                "autoscaling": {"maxReplicas": 4, "targetMemoryPercent": 80},
                "resources": {"requests": {"cpu": "1"}},
            }
        },
        "spec.web",
        "autoscaling.targetMemoryPercent needs resources.requests.memory",
    ),
    "another image of our container": (
        {"api": {"podTemplate": {"spec": {"containers": [{"name": "api", "image": "mine"}]}}}},
        "spec.api.podTemplate",
        "podTemplate must not replace image, command",
    ),
    "other probes of our container": (
        {"web": {"podTemplate": {"spec": {"containers": [{"name": "web", "livenessProbe": {}}]}}}},
        "spec.web.podTemplate",
        "podTemplate must not replace image, command",
    ),
    "labels of ours": (
        {"api": {"podTemplate": {"metadata": {"labels": {"app.kubernetes.io/name": "x"}}}}},
        "spec.api.podTemplate.metadata",
        "podTemplate must not set labels or annotations of app.kubernetes.io/",
    ),
    "volumes of ours": (
        {"api": {"podTemplate": {"spec": {"volumes": [{"name": "openid", "emptyDir": {}}]}}}},
        "spec.api.podTemplate",
        "podTemplate must not replace the volumes database-ca, redis-ca, mail-ca, openid",
    ),
    "an end without time for it": (
        {"api": {"podTemplate": {"spec": {"terminationGracePeriodSeconds": 10}}}},
        "spec.api.podTemplate.spec.terminationGracePeriodSeconds",
        "greater than or equal to 30",
    ),
    "a part of pods that is ours": (
        {"api": {"podTemplate": {"spec": {"hostNetwork": True}}}},
        "spec.api.podTemplate.spec.hostNetwork",
        "",
    ),
}

# What only the parser sees, because the API server's rules do not look into free parts.
BAD_INSIDE: dict[str, tuple[dict[str, Any], str, str]] = {
    "our variables removed": (
        {"api": {"podTemplate": {"spec": {"containers": [{"name": "api", "env": None}]}}}},
        "spec.api.podTemplate",
        "must not set a field of the tier's own container to null",
    ),
    "a directive": (
        {"api": {"podTemplate": {"spec": {"volumes": [{"name": "tmp", "$patch": "delete"}]}}}},
        "spec.api.podTemplate",
        "knows no directives such as $patch",
    ),
    "variables as in a shell": (
        {"api": {"podTemplate": {"spec": {"containers": [{"name": "api", "env": ["A=1"]}]}}}},
        "spec.api.podTemplate",
        "env of container 'api' in podTemplate must be a list of objects",
    ),
    "amounts as a text": (
        {"api": {"podTemplate": {"spec": {"initContainers": [{"name": "a", "resources": "few"}]}}}},
        "spec.api.podTemplate",
        "resources of container 'a' in podTemplate must be an object",
    ),
}
