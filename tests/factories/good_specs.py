"""Specs that both the API server and the parser take: every field, and the ends of its range."""

from collections.abc import Iterator
from typing import Any

from tests.factories.crm import EXAMPLES, EXTERNAL_DATABASE, EXTERNAL_REDIS

_VOLUME = {"volume": {"size": "50Gi"}}
_PROBE = {"tcpSocket": {"port": 8443}}
_SIDECAR = {
    "name": "proxy",
    "image": "envoy:1",
    "command": ["envoy"],
    "args": ["-c", "/etc/envoy.yaml"],
    "ports": [{"containerPort": 8443}],
    "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
    "startupProbe": _PROBE,
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "securityContext": {"runAsUser": 10001},
    "tty": True,
}

GOOD: dict[str, dict[str, Any]] = EXAMPLES | {
    "the longest names": {"version": "v" + "1" * 62, "host": ".".join(["a" * 49] * 5)},
    "a large one": {"size": "large", "api": {"replicas": 1000}, "worker": {"replicas": 0}},
    "a whole number without quotes": {"api": {"resources": {"requests": {"cpu": 1}}}},
    "autoscaling": {
        "api": {"autoscaling": {"minReplicas": 3, "maxReplicas": 3, "targetMemoryPercent": 80}},
        "web": {"autoscaling": {"maxReplicas": 2, "targetCPUPercent": 1000}},
    },
    "a sidecar, and more for the tier's own container": {
        "api": {
            "podTemplate": {
                "metadata": {
                    "labels": {"team": "sales"},
                    "annotations": {"sidecar.istio.io/inject": "true"},
                },
                "spec": {
                    "containers": [
                        _SIDECAR,
                        {"name": "api", "volumeMounts": [{"name": "ca", "mountPath": "/ca"}]},
                    ],
                    "initContainers": [{"name": "wait", "image": "busybox:1", "command": ["true"]}],
                    "volumes": [{"name": "ca", "configMap": {"name": "ca"}}],
                },
            }
        }
    },
    "where pods run": {
        "worker": {
            "podTemplate": {
                "spec": {
                    "nodeSelector": {"kubernetes.io/arch": "arm64"},
                    "affinity": {"nodeAffinity": {}},
                    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
                    "topologySpreadConstraints": [],
                    "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["mail.internal"]}],
                    "dnsPolicy": "ClusterFirst",
                    "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
                    "priorityClassName": "business",
                    "runtimeClassName": "gvisor",
                    "schedulerName": "mine",
                    "terminationGracePeriodSeconds": 30,
                }
            }
        }
    },
    "a tuned database": {"database": {"managed": {"parameters": {"work_mem": "16MB", "pg_hint.x": "on"}}}},
    "a cluster of databases": {
        "database": {
            "cloudNativePG": {
                "instances": 1,
                "resources": {"limits": {"memory": "1Gi"}},
                "storage": {"size": "1Ti", "className": "fast"},
                "parameters": {"shared_buffers": "512MB"},
                "imageName": "ghcr.io/cloudnative-pg/postgresql:16",
            }
        }
    },
    "external stores by address": {
        "database": {"external": {**EXTERNAL_DATABASE, "host": "fd00::5", "port": 65535, "name": "crm"}},
        "redis": {"external": {**EXTERNAL_REDIS, "caSecretName": "ca"}},
    },
    "an ingress with a given certificate": {
        "host": "crm.example.com",
        "access": {
            "ingress": {
                "className": "nginx",
                "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "8m"},
                "tls": {"secretName": "crm-tls"},
            }
        },
    },
    "an ingress with an issuer": {
        "host": "crm.example.com",
        "access": {"ingress": {"tls": {"issuerRef": {"kind": "Issuer", "name": "letsencrypt"}}}},
    },
    "an ingress behind a load balancer": {
        "host": "crm.example.com",
        "access": {"ingress": {"tls": {"offloaded": True}}},
    },
    "an ingress by defaults": {"host": "crm.example.com", "access": {"ingress": {}}},
    "a route": {
        "host": "crm.example.com",
        "access": {
            "gateway": {"parentRefs": [{"name": "public", "namespace": "edge", "sectionName": "https"}]}
        },
    },
    "people who sign in elsewhere": {
        "host": "crm.example.com",
        "auth": {
            "accessTokenTTL": "1h",
            "refreshTokenTTL": "2w",
            "emailVerification": True,
            "signup": "open",
            "oauth": [{"name": "google", "secretName": "g"}, {"name": "entra-id", "secretName": "e"}],
        },
        "mail": {
            "host": "10.0.0.25",
            "port": 25,
            "from": "crm+noreply@example.com",
            "tls": "tls",
            "credentials": {"secretName": "mail"},
            "caSecretName": "mail-ca",
        },
    },
    "mail in plain text": {"host": "a", "mail": {"host": "mail", "from": "a@b", "tls": "none"}},
    "strict security": {
        "security": {
            "corsOrigins": ["https://portal.example.com", "http://localhost:8080"],
            "rateLimits": {"api": "999999r/h", "auth": "1r/s", "burst": 1},
            "trustedProxies": ["10.0.0.0/8", "fd00::/8"],
            "networkPolicy": True,
            "egress": [{"cidr": "0.0.0.0/0"}, {"cidr": "203.0.113.7/32", "port": 8443}, {"cidr": "::/0"}],
        },
        "credentials": {"rotateEvery": "60m"},
    },
    "open security": {"security": {"networkPolicy": False}, "credentials": {"rotateEvery": "90d"}},
    "monitoring": {
        "monitoring": {
            "podMonitor": True,
            "alerts": True,
            "dashboard": True,
            "labels": {"release": "prometheus"},
        }
    },
    "backups to a volume": {
        "backup": {
            "schedule": "*/15 0-6,22 1 jan,7 mon-fri",
            "timeZone": "America/Argentina/Buenos_Aires",
            "retention": {"keepLast": 1, "keepDaily": 0, "keepWeekly": 0},
            "destination": {"volume": {"size": "50Gi", "className": "slow"}},
            "encryption": {"secretName": "backup-key"},
            "verify": {"schedule": "30 4 * * SUN"},
            "suspend": True,
        },
        "deletionPolicy": "BackupThenDelete",
        "deletionDeadline": "12h",
    },
    "backups to a bucket": {
        "backup": {
            "timeZone": "UTC",
            "destination": {
                "s3": {
                    "endpoint": "http://minio:9000",
                    "bucket": "crm-backups",
                    "prefix": "acme/prod",
                    "region": "eu-central-1",
                    "credentials": {"secretName": "s3"},
                    "caSecretName": "s3-ca",
                }
            },
        }
    },
    "a careful release": {
        "release": {
            "canary": {"steps": [1, 10, 99], "pause": "1h30m"},
            "progressDeadline": "30m",
            "backupBeforeUpgrade": False,
            "autoRollback": False,
            "verify": {"window": "5m", "maxErrorRatio": 0, "maxP95": "1s", "journey": False},
            "historyLimit": 100,
            "contractAfter": "2w",
        },
        "rollback": {"toRevision": 1, "restoreData": True},
        "backup": {"destination": _VOLUME},
    },
    "windows": {
        "maintenanceWindows": [
            {"days": ["Sat", "Sun"], "start": "22:00", "end": "04:30", "timeZone": "Europe/Vienna"},
            {"days": ["Wed"], "start": "00:00", "end": "00:00"},
        ]
    },
    "a cache on fast disks": {"redis": {"managed": {"storage": {"className": "fast"}}}},
    "asleep": {"hibernated": True, "deletionPolicy": "Delete"},
    "paused": {"paused": True},
}

Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value within a spec."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*path, key)
        yield from leaves(part, (*path, key))
