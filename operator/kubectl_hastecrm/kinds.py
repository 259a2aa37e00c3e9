"""The kinds that only the command line reads or writes, beside the operator's."""

from hastecrm_operator.api import names
from hastecrm_operator.engine.kinds import CONTROLLER_REVISION, HASTECRM, JOB, WATCHED, Kind

HASTECRM_BACKUP = Kind(names.GROUP, names.VERSION, "hastecrmbackups", "HasteCRMBackup")
HASTECRM_RESTORE = Kind(names.GROUP, names.VERSION, "hastecrmrestores", "HasteCRMRestore")
CRON_JOB = Kind("batch", "v1", "cronjobs", "CronJob")
NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
REPLICA_SET = Kind("apps", "v1", "replicasets", "ReplicaSet")

FAMILY = (*(kind for kind in WATCHED if kind != CRON_JOB), CRON_JOB)
"""What belongs to a HasteCRM by its label."""

__all__ = [
    "CONTROLLER_REVISION",
    "CRON_JOB",
    "FAMILY",
    "HASTECRM",
    "HASTECRM_BACKUP",
    "HASTECRM_RESTORE",
    "JOB",
    "NAMESPACE",
    "REPLICA_SET",
]
