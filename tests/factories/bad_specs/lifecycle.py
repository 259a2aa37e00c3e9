"""What is wrong with backups, releases, windows and the end of an object."""

from typing import Any

_CRON = "must be a cron expression of five fields (minute hour day month weekday), each in its range"
_ZONE = "must be a time zone of the IANA database, like Europe/Vienna or Etc/UTC"
_CLOCK = 'must be a time of day from 00:00 to 23:59, like "02:00"'
_RISING = "canary.steps must rise, like [10, 50]"
_VOLUME = {"volume": {"size": "50Gi"}}
_S3 = {"endpoint": "https://s3.example.com", "bucket": "crm", "credentials": {"secretName": "s3"}}
_ONE_DESTINATION = "backup.destination needs exactly one of volume and s3"


def _backup(**backup: Any) -> dict[str, Any]:
    return {"backup": {"destination": _VOLUME, **backup}}


def _s3(**s3: Any) -> dict[str, Any]:
    return {"backup": {"destination": {"s3": {**_S3, **s3}}}}


def _window(**window: Any) -> dict[str, Any]:
    return {"maintenanceWindows": [{"days": ["Sat"], "start": "02:00", "end": "05:00", **window}]}


def _canary(*steps: int) -> dict[str, Any]:
    return {"release": {"canary": {"steps": list(steps)}}}


LIFECYCLE: dict[str, tuple[dict[str, Any], str]] = {
    "a schedule in words": (_backup(schedule="every day"), _CRON),
    "a schedule of four fields": (_backup(schedule="0 2 * * "), _CRON),
    "a schedule of six fields": (_backup(schedule="0 0 2 * * *"), _CRON),
    "a minute out of range": (_backup(schedule="60 2 * * *"), _CRON),
    "a month out of range": (_backup(schedule="0 2 1 13 *"), _CRON),
    "a nickname": (_backup(schedule="@daily123"), _CRON),
    "a drill at no time": (_backup(verify={"schedule": "0 3 * * 8"}), _CRON),
    "an unknown time zone": (_backup(timeZone="Europe/Wien"), _ZONE),
    "an offset": (_backup(timeZone="+01:00"), _ZONE),
    "backups to nowhere": ({"backup": {}}, "spec.backup.destination: Required value"),
    "backups to two places": (
        {"backup": {"destination": {**_VOLUME, "s3": _S3}}},
        _ONE_DESTINATION,
    ),
    "backups to an empty place": ({"backup": {"destination": {}}}, _ONE_DESTINATION),
    "a volume without a size": ({"backup": {"destination": {"volume": {}}}}, "volume.size: Required value"),
    "no backup kept": (_backup(retention={"keepLast": 0}), "spec.backup.retention.keepLast"),
    "a store without a scheme": (
        _s3(endpoint="s3.example.com"),
        "must be an address like https://s3.example.com",
    ),
    "a bucket with capitals": (_s3(bucket="CRM"), "must be the name of a bucket"),
    "a prefix with a blank": (_s3(prefix="my crm/"), "must be a prefix of letters, digits, / and - _ . like"),
    "a store without credentials": (
        {"backup": {"destination": {"s3": {"endpoint": "https://s3.example.com", "bucket": "crm"}}}},
        "s3.credentials: Required value",
    ),
    "canary steps that fall": (_canary(50, 10), _RISING),
    "canary steps that stand still": (_canary(10, 10), _RISING),
    "no canary step": (_canary(), "spec.release.canary.steps"),
    "a canary step of everything": (_canary(10, 100), "spec.release.canary.steps[1]"),
    "more errors than requests": (
        {"release": {"verify": {"maxErrorRatio": 1.5}}},
        "spec.release.verify.maxErrorRatio",
    ),
    "a deadline of nothing": ({"release": {"progressDeadline": "0m"}}, "must be a duration like 500ms"),
    "no history": ({"release": {"historyLimit": 0}}, "spec.release.historyLimit"),
    "back to before the first": ({"rollback": {"toRevision": 0}}, "spec.rollback.toRevision"),
    "back to nothing": ({"rollback": {}}, "spec.rollback.toRevision: Required value"),
    "a window on no day": (_window(days=[]), "spec.maintenanceWindows[0].days"),
    "a window on a day of another week": (_window(days=["Saturday"]), '"Mon", "Tue", "Wed"'),
    "a window on the same day twice": (_window(days=["Sat", "Sat"]), "Duplicate value"),
    "a window at 24:00": (_window(end="24:00"), _CLOCK),
    "a window at 2 o'clock": (_window(start="2:00"), _CLOCK),
    "a window without an end": (_window(end=None), "spec.maintenanceWindows[0].end"),
    "a window in an unknown zone": (_window(timeZone="Mars/Olympus"), _ZONE),
    "a policy of its own": ({"deletionPolicy": "Archive"}, '"Retain", "BackupThenDelete", "Delete"'),
    "a last dump to nowhere": (
        {"deletionPolicy": "BackupThenDelete"},
        "deletionPolicy: BackupThenDelete needs backup.destination: where the last dump goes",
    ),
    "a deadline in seconds": ({"deletionDeadline": "90s"}, "must be a duration like 30m, 12h, 7d or 2w"),
    "hibernation in words": ({"hibernated": "please"}, "spec.hibernated"),
}
