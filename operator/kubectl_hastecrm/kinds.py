"""The kinds that only the command line reads, beside the operator's."""

from hastecrm_operator.engine.kinds import HASTECRM_BACKUP, HASTECRM_RESTORE, WATCHED, Kind

CRON_JOB = Kind("batch", "v1", "cronjobs", "CronJob")
NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)

FAMILY = tuple({(kind.group, kind.plural): kind for kind in (*WATCHED, CRON_JOB)}.values())
"""What belongs to a HasteCRM by its label."""

REQUESTS = (HASTECRM_BACKUP, HASTECRM_RESTORE)
"""What names its HasteCRM in `spec.hastecrm`."""
