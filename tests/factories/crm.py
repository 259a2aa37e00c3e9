"""HasteCRM objects for tests: a small one, and examples that use every field of the spec."""

from dataclasses import replace
from typing import Any

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.releases.target import part, tier_targets
from hastecrm_operator.resources.analysis_network import analysis_network
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.backup_destination import backup_claim
from hastecrm_operator.resources.backup_jobs import backup_cron_job, delete_job, drill_cron_job, dump_job
from hastecrm_operator.resources.canary import canary
from hastecrm_operator.resources.certificates import FILES, server_names, tls_secret
from hastecrm_operator.resources.cloud_native_pg import cluster
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.connection_check import check_job
from hastecrm_operator.resources.controller_revision import controller_revision
from hastecrm_operator.resources.dashboard import dashboard
from hastecrm_operator.resources.http_route import http_route
from hastecrm_operator.resources.ingress import ingress
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.migration import migration_job
from hastecrm_operator.resources.network_policies import network_policies
from hastecrm_operator.resources.pod_monitor import pod_monitor
from hastecrm_operator.resources.postgres import postgres
from hastecrm_operator.resources.prometheus_rule import prometheus_rule
from hastecrm_operator.resources.proof import proof_job
from hastecrm_operator.resources.redis import redis
from hastecrm_operator.resources.release_jobs import Subject, analysis_job, contract_job, plan_job
from hastecrm_operator.resources.rendering import Rendering, images_for
from hastecrm_operator.resources.restore_jobs import restore_job, restore_job_name
from hastecrm_operator.resources.rotation import Mark, keys_in
from hastecrm_operator.resources.secrets import secret_templates
from hastecrm_operator.resources.service_accounts import service_accounts

EXTERNAL_DATABASE = {
    "host": "postgres.example.com",
    "sslMode": "verify-full",
    "credentials": {"secretName": "crm-database"},
    "caSecretName": "crm-database-ca",
}
EXTERNAL_REDIS = {
    "host": "10.0.0.7",
    "port": 6380,
    "tls": True,
    "credentials": {"secretName": "crm-redis"},
    "caSecretName": "crm-redis-ca",
}
ODD_AMOUNTS = {
    "requests": {"cpu": "0.25", "memory": "131072Ki", "ephemeral-storage": "1000M"},
    "limits": {"cpu": 1, "memory": "0.5Gi", "ephemeral-storage": "2e9"},
}
POD_TEMPLATE = {
    "metadata": {
        "labels": {"team": "sales"},
        "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"},
    },
    "spec": {
        "containers": [
            {
                "name": "web",
                "envFrom": [{"secretRef": {"name": "more"}}],
                "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                "volumeMounts": [{"name": "theme", "mountPath": "/srv/theme", "readOnly": True}],
            },
            {
                "name": "proxy",
                "image": "registry.example.com/proxy:1",
                "args": ["--quiet"],
                "env": [{"name": "EMPTY", "value": ""}],
                "ports": [{"name": "proxy", "containerPort": 8443}],
                "resources": ODD_AMOUNTS,
                "readinessProbe": {"httpGet": {"path": "/ready", "port": "proxy"}},
                "securityContext": {"runAsUser": 10002},
                "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
            },
        ],
        "initContainers": [{"name": "wait", "image": "registry.example.com/wait:1", "command": ["wait"]}],
        "volumes": [
            {"name": "tmp", "emptyDir": {"medium": "Memory"}},
            {"name": "theme", "secret": {"secretName": "theme", "items": [{"key": "css", "path": "css"}]}},
            {"name": "scratch", "emptyDir": {}},
        ],
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["crm"]}]}
                    ]
                }
            }
        },
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
        "topologySpreadConstraints": [
            {
                "topologyKey": "kubernetes.io/hostname",
                "maxSkew": 2,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"team": "sales"}},
            }
        ],
        "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["mail.internal"]}],
        "dnsPolicy": "ClusterFirst",
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
        "priorityClassName": "business",
        "runtimeClassName": "sandboxed",
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 60,
    },
}
POD_TEMPLATE_OF_API = {
    "spec": {"nodeSelector": {"pool": "crm"}, "tolerations": [{"key": "crm", "operator": "Exists"}]}
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "one line": {},
    "everything managed, everything set": {
        "host": "crm.example.com",
        "images": {
            "app": "registry.example.com/crm/app@sha256:" + "0" * 64,
            "postgres": "registry.example.com/crm/postgres:15",
            "redis": "registry.example.com/crm/redis:7",
            "pullPolicy": "Always",
            "pullSecrets": [{"name": "registry"}],
        },
        "api": {
            "replicas": 3,
            "resources": ODD_AMOUNTS,
            "env": [
                {"name": "EMPTY", "value": ""},
                {"name": "TZ", "value": "Europe/Vienna"},
                {"name": "HASTECRM_LOG_LEVEL", "value": "DEBUG"},
                {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "mail", "key": "password"}}},
                {"name": "FROM_CONFIG", "valueFrom": {"configMapKeyRef": {"name": "mail", "key": "host"}}},
            ],
            "probes": {"startup": {"failureThreshold": 90}, "liveness": {"periodSeconds": 20}},
            "autoscaling": {
                "minReplicas": 3,
                "maxReplicas": 12,
                "targetCPUPercent": 60,
                "targetMemoryPercent": 85,
            },
        },
        "web": {"replicas": 0, "resources": {}, "podTemplate": POD_TEMPLATE},
        "worker": {"replicas": 2, "probes": {"readiness": {"timeoutSeconds": 9}}},
        "database": {
            "managed": {"storage": {"size": "2048Mi", "className": "fast"}, "resources": ODD_AMOUNTS},
            "pool": {"minSize": 1, "maxSize": 5, "statementTimeout": "1m30s"},
        },
        "redis": {"managed": {"storage": {"size": "1.5Gi"}, "maxMemory": "64Mi"}},
        "logging": {"level": "DEBUG"},
        "auth": {
            "accessTokenTTL": "5m",
            "refreshTokenTTL": "8w",
            "emailVerification": True,
            "signup": "open",
            "oauth": [
                {"name": "google", "secretName": "crm-google"},
                {"name": "okta", "secretName": "crm-okta"},
            ],
        },
        "mail": {
            "host": "smtp.example.com",
            "port": 465,
            "from": "crm@example.com",
            "tls": "tls",
            "credentials": {"secretName": "crm-mail"},
            "caSecretName": "crm-mail-ca",
        },
        "security": {
            "corsOrigins": ["https://portal.example.com", "https://intranet.example.com:8443"],
            "rateLimits": {"api": "100r/m", "auth": "off", "burst": 30},
            "trustedProxies": ["10.1.0.0/16", "FD00::1/64"],
        },
        "paused": False,
    },
    "everything external": {
        "database": {"external": EXTERNAL_DATABASE},
        "redis": {"external": EXTERNAL_REDIS},
    },
    "monitoring": {
        "monitoring": {
            "podMonitor": True,
            "alerts": True,
            "dashboard": True,
            "labels": {"release": "prometheus"},
        }
    },
    "an ingress": {
        "host": "crm.example.com",
        "access": {
            "ingress": {
                "className": "nginx",
                "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "8m"},
                "tls": {"issuerRef": {"kind": "Issuer", "name": "letsencrypt"}},
            }
        },
    },
    "a gateway": {
        "host": "crm.example.com",
        "access": {
            "gateway": {
                "parentRefs": [
                    {"name": "public"},
                    {"name": "inside", "namespace": "edge", "sectionName": "https"},
                ]
            }
        },
    },
    "a cluster of databases": {
        "images": {"pullSecrets": [{"name": "registry"}]},
        "database": {
            "cloudNativePG": {
                "instances": 2,
                "storage": {"size": "20Gi", "className": "fast"},
                "resources": ODD_AMOUNTS,
                "parameters": {"work_mem": "16MB"},
                "imageName": "ghcr.io/cloudnative-pg/postgresql:16",
            }
        },
    },
    "backups to a volume": {
        "backup": {
            "schedule": "0 2 * * *",
            "timeZone": "Europe/Vienna",
            "destination": {"volume": {"size": "50Gi", "className": "standard"}},
        },
        "monitoring": {"alerts": True, "dashboard": True},
        "api": {"podTemplate": POD_TEMPLATE_OF_API},
    },
    "encrypted backups to a bucket": {
        "backup": {
            "schedule": "*/30 * * * *",
            "retention": {"keepLast": 3, "keepDaily": 0, "keepWeekly": 1},
            "destination": {
                "s3": {
                    "endpoint": "https://s3.example.com:9443",
                    "bucket": "dumps",
                    "prefix": "crm/",
                    "credentials": {"secretName": "s3"},
                    "caSecretName": "s3-ca",
                }
            },
            "encryption": {"secretName": "dump-key"},
            "verify": {"schedule": "30 3 * * sun"},
            "suspend": True,
        },
        "database": {"external": EXTERNAL_DATABASE},
    },
    "a cache without a password": {"redis": {"external": {"host": "redis.example.com"}}},
}


def body(name: str = "acme", namespace: str = "sales", **spec: Any) -> dict[str, Any]:
    """Return an object as the API server would hand it over."""
    return {
        "apiVersion": "hastecrm.io/v1alpha1",
        "kind": "HasteCRM",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": "8a4b2f5e-0000-4000-8000-000000000001",
            "generation": 3,
            "resourceVersion": "17",
        },
        "spec": {"version": "0.1.0", **spec},
        "status": {"phase": "Ready"},
    }


def crm(name: str = "acme", namespace: str = "sales", **spec: Any) -> HasteCRM:
    """Return a parsed object; only what `spec` says differs from the defaults."""
    return HasteCRM.parse(body(name, namespace, **spec))


def rendering(of: HasteCRM, config_hash: str = "c0ffee") -> Rendering:
    """Return a rendering with the images of a development repository."""
    return Rendering(images_for(of, "localhost/hastecrm"), config_hash)


def checks(of: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return the checks of the stores that exist outside."""
    external = {"database": of.spec.database.external, "redis": of.spec.redis.external}
    return [check_job(of, r, store, {}) for store, chosen in external.items() if chosen]


def proofs(of: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return the Job that runs while the users of all stores change."""
    announced = {t.name: Mark("Announcing") for t in secret_templates(of) if t.has_user}
    return [proof_job(of, r, announced)] if announced else []


def dumps(of: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return what writes and proves dumps: on schedule, asked for, and deleting one."""
    if of.spec.backup is None:
        return []
    volume = of.spec.backup.destination.volume
    return [
        *([backup_claim(of, volume)] if volume else []),
        *backup_cron_job(of, r),
        *drill_cron_job(of, r, has_dumps=True),
        dump_job(of, r, "uid-1", "acme-20260101t000000z"),
        delete_job(of, r, "uid-1", "acme-20260101t000000z"),
        restore_job(of, r, restore_job_name(of, "uid-1", "check"), ["restore"], (of, "sales-acme")),
        restore_job(of, r, restore_job_name(of, "uid-1", "swap"), ["swap"]),
    ]


def release(of: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return what a release needs for a while, and what is recorded of it."""
    r = replace(r, releases=tier_targets(of, r.images))
    data = {"target": "0123456789ab", "spec": part(of), "images": {"app": r.images.app}, "result": "Promoted"}
    return [
        {**controller_revision(of, 7), "data": data},
        plan_job(of, r, "0123456789ab", 4),
        analysis_job(of, r, Subject(8, "0123456789ab")),
        contract_job(of, r),
        *(canary(of, r, 1) if of.spec.release.canary else []),
        *analysis_network(of),
    ]


def manifests(of: HasteCRM) -> list[Manifest]:
    """Return all children of an object; Secrets hold placeholders."""
    r = rendering(of)
    secrets = [
        {**t.manifest, "data": dict.fromkeys(keys_in(t, "Announcing"), "eA==")} for t in secret_templates(of)
    ]
    return [
        *service_accounts(of),
        *secrets,
        config_map(of),
        *([tls_secret(of, "2026-09-01T00:00:00Z", dict.fromkeys(FILES, "eA=="))] if server_names(of) else []),
        *network_policies(of),
        *postgres(of, r),
        *([cluster(of, of.spec.database.cloud_native_pg, r)] if of.spec.database.cloud_native_pg else []),
        *redis(of, r),
        migration_job(of, r),
        *ingress(of),
        *http_route(of),
        *checks(of, r),
        *dashboard(of),
        *pod_monitor(of),
        *prometheus_rule(of),
        *proofs(of, r),
        *dumps(of, r),
        *release(of, r),
        *application(of, r),
    ]
