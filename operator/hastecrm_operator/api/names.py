"""Every name that the operator, its users and the cluster must agree on, written once."""

from typing import Final

GROUP: Final = "hastecrm.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "HasteCRM"
PLURAL: Final = "hastecrms"
SINGULAR: Final = "hastecrm"
SHORT: Final = "hcrm"

BACKUP_KIND: Final = "HasteCRMBackup"
BACKUP_PLURAL: Final = "hastecrmbackups"
BACKUP_SHORT: Final = "hcb"
RESTORE_KIND: Final = "HasteCRMRestore"
RESTORE_PLURAL: Final = "hastecrmrestores"
RESTORE_SHORT: Final = "hcrs"

MANAGER: Final = "hastecrm-operator"
"""Our field manager, and the value of the managed-by label."""

HANDOVER_MANAGER: Final = f"{MANAGER}-handover"
"""Holds a field that we leave to somebody, until they write it for the first time."""

PRODUCT: Final = "hastecrm"

NAME: Final = "app.kubernetes.io/name"
INSTANCE: Final = "app.kubernetes.io/instance"
COMPONENT: Final = "app.kubernetes.io/component"
PART_OF: Final = "app.kubernetes.io/part-of"
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
VERSION_LABEL: Final = "app.kubernetes.io/version"

MANAGED_SELECTOR: Final = f"{MANAGED_BY}={MANAGER}"
UNMANAGED_SELECTOR: Final = f"{MANAGED_BY}!={MANAGER}"
RENEW_AFTER_ANNOTATION: Final = f"{GROUP}/renew-after"
CONFIG_HASH_ANNOTATION: Final = f"{GROUP}/config-hash"
REVISION_ANNOTATION: Final = f"{GROUP}/revision"
"""What the pods of a workload were made of; the operator's own note on Deployments and StatefulSets."""
ROLLOUT_ANNOTATION: Final = f"{GROUP}/rollout"
"""On a HasteCRM, any new value: what waits for a maintenance window goes on now."""
FINAL_BACKUP: Final = f"{GROUP}/final-backup"
"""Our finalizer, on objects whose deletion policy asks for a last dump."""
ADOPT_ANNOTATION: Final = f"{GROUP}/adopt"
"""On a HasteCRM, any new value: pods become what this version of the operator makes."""
CREDENTIALS: Final = f"{GROUP}/credentials"
"""On pods: a hash of the generated values that they started with."""

TRIGGER: Final = f"{GROUP}/trigger"
"""On a HasteCRMBackup: why it is taken, if a person did not ask for it."""
DUMP: Final = f"{GROUP}/dump"
"""Our finalizer, on HasteCRMBackups whose dump goes with them."""
RESTORE_HOLD: Final = f"{GROUP}/restore"
"""Our finalizer, on HasteCRMRestores that have left databases behind."""
RECORDED: Final = f"{GROUP}/recorded"
"""On a Job of the schedule: what it has reported is recorded in objects."""
RECORDER: Final = f"{MANAGER}-recorder"
"""Holds that note, so that the Job does not become one of ours."""
RELEASE_ANNOTATION: Final = f"{GROUP}/release"
"""On pods of the application: hash of the image and the configuration, to tell new pods from old ones."""
TRACK: Final = f"{GROUP}/track"
"""Label on the canary's pods and what makes them: they are no pods of the Deployment before."""
RETRY: Final = f"{GROUP}/retry"
"""On a HasteCRM, any new value: a rejected release is tried once more."""

ROTATE: Final = f"{GROUP}/rotate"
"""On a HasteCRM, by people: replace the credentials now. On a Secret: the value that was dealt with."""
ROTATION_PHASE: Final = f"{GROUP}/rotation-phase"
ROTATION_SINCE: Final = f"{GROUP}/rotation-since"
ROTATED_AT: Final = f"{GROUP}/rotated-at"

API: Final = "api"
WEB: Final = "web"
WORKER: Final = "worker"
POSTGRES: Final = "postgres"
REDIS: Final = "redis"
MIGRATE: Final = "migrate"
CHECK: Final = "check"
PROOF: Final = "proof"
BACKUP: Final = "backup"
DRILL: Final = "drill"
RESTORE: Final = "restore"
ANALYSIS: Final = "analysis"
CANARY: Final = "canary"
CONTRACT: Final = "contract"
STORES_TLS: Final = "stores-tls"
CONFIG: Final = "config"
KEYS: Final = "keys"
DATABASE: Final = "database"
TIERS: Final = (API, WEB, WORKER)
API_CANARY: Final = f"{API}-{CANARY}"
"""Suffix of the Deployment whose pods run the next release beside those of the API."""

APP_PORT: Final = 8000
PROBE_PORT: Final = 9000
POSTGRES_PORT: Final = 5432
REDIS_PORT: Final = 6379

LONGEST_NAME: Final = 40
"""Longest name of a HasteCRM: its children's names are label values, which end at 63 characters."""


def child(name: str, suffix: str) -> str:
    """Return the name of the child `suffix` of the HasteCRM called `name`."""
    return f"{name}-{suffix}"
