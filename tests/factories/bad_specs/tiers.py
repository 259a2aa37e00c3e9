"""What is wrong with a release, a name, or a tier."""

from typing import Any

A_VARIABLE = {"name": "A", "value": "1"}
A_SECRET = {"secretKeyRef": {"name": "s", "key": "k"}}

TIERS: dict[str, tuple[dict[str, Any], str]] = {
    "a typo": ({"verzion": "1"}, 'unknown field "spec.verzion"'),
    "a typo deep down": ({"api": {"replica": 2}}, 'unknown field "spec.api.replica"'),
    "no version": ({"version": None}, "spec.version: Required value"),
    "an empty version": ({"version": ""}, "spec.version"),
    "a version that is no tag": ({"version": "1 0"}, 'spec.version: Invalid value: "1 0": must be a version'),
    "a host with capitals": (
        {"host": "CRM.example"},
        'spec.host: Invalid value: "CRM.example": must be a DNS name',
    ),
    "a host with a scheme": ({"host": "https://crm.example"}, "must be a DNS name"),
    "a host with a wildcard": ({"host": "*.example.com"}, "must be a DNS name"),
    "a size of its own": ({"size": "huge"}, 'supported values: "small", "medium", "large"'),
    "an image with a space": ({"images": {"app": "my app"}}, "spec.images.app"),
    "a pull policy of its own": (
        {"images": {"pullPolicy": "Sometimes"}},
        '"Always", "IfNotPresent", "Never"',
    ),
    "a pull secret twice": ({"images": {"pullSecrets": [{"name": "a"}, {"name": "a"}]}}, "Duplicate value"),
    "replicas below zero": ({"api": {"replicas": -1}}, "spec.api.replicas: Invalid value: -1"),
    "replicas in words": ({"api": {"replicas": "two"}}, "spec.api.replicas"),
    "a negative amount": ({"api": {"resources": {"requests": {"cpu": "-1"}}}}, "must be a quantity like"),
    "a fraction without quotes": (
        {"api": {"resources": {"requests": {"cpu": 0.5}}}},
        "spec.api.resources.requests.cpu in body must be of type integer,string",
    ),
    "a misspelt resource": ({"api": {"resources": {"requests": {"memroy": "1Gi"}}}}, "unknown field"),
    "a limit below the request": (
        {"web": {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}}},
        "requests.memory must not be more than limits.memory",
    ),
    "a variable with two values": (
        {"api": {"env": [{**A_VARIABLE, "valueFrom": A_SECRET}]}},
        "an environment variable needs exactly one of value and valueFrom",
    ),
    "a variable without a value": (
        {"api": {"env": [{"name": "A"}]}},
        "an environment variable needs exactly one of value and valueFrom",
    ),
    "a variable twice": ({"api": {"env": [A_VARIABLE, A_VARIABLE]}}, "Duplicate value"),
    "a value from nowhere": (
        {"api": {"env": [{"name": "A", "valueFrom": {}}]}},
        "valueFrom needs exactly one of secretKeyRef and configMapKeyRef",
    ),
    "a variable that starts with a digit": (
        {"worker": {"env": [{"name": "1A", "value": ""}]}},
        "must be a name of letters, digits, _, - and ., and not start with a digit",
    ),
    "a probe without patience": (
        {"api": {"probes": {"liveness": {"timeoutSeconds": 0}}}},
        "spec.api.probes.liveness.timeoutSeconds",
    ),
    "a level of its own": ({"logging": {"level": "LOUD"}}, '"DEBUG", "INFO", "WARNING", "ERROR"'),
    "more pods at least than at most": (
        {"api": {"autoscaling": {"minReplicas": 5, "maxReplicas": 3}}},
        "autoscaling.minReplicas must not be more than autoscaling.maxReplicas",
    ),
    "autoscaling below its default minimum": (
        {"web": {"autoscaling": {"maxReplicas": 1}}},
        "autoscaling.minReplicas must not be more than autoscaling.maxReplicas",
    ),
    "autoscaling without an end": (
        {"api": {"autoscaling": {"minReplicas": 5}}},
        "spec.api.autoscaling.maxReplicas: Required value",
    ),
    "autoscaling at no load": (
        {"worker": {"autoscaling": {"maxReplicas": 3, "targetCPUPercent": 0}}},
        "spec.worker.autoscaling.targetCPUPercent",
    ),
}
