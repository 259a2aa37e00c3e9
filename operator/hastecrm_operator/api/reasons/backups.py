"""Why a backup or a restore is as it is, and whether the data could be brought back."""

from hastecrm_operator.api.reasons.reason import Reason


class Requested(Reason):
    """What Ready may say of a HasteCRMBackup or HasteCRMRestore before anything is done for it."""

    HASTECRM_NOT_FOUND = (
        "HasteCRMNotFound",
        "The HasteCRM that spec.hastecrm names does not exist.",
        "Create it, or make an object with the right name.",
    )


class Backups(Reason):
    """What BackupHealthy and BackupVerified may say."""

    BACKUPS_CURRENT = ("BackupsCurrent", "The newest backup is good and as young as the schedule asks.")
    NEVER_SUCCEEDED = (
        "NeverSucceeded",
        "No backup has succeeded yet.",
        "Wait for the schedule, or take one now: make a HasteCRMBackup.",
    )
    TOO_OLD = (
        "TooOld",
        "The newest backup, or its newest proof, is older than the schedule asks.",
        "See the CronJob and its Jobs: `kubectl describe cronjob`.",
    )
    LAST_FAILED = (
        "LastFailed",
        "The newest backup has failed; earlier ones are still there.",
        "The message has the cause; correct it, then take one now: make a HasteCRMBackup.",
    )
    NOT_SCHEDULED = (
        "NotScheduled",
        "spec.backup has no schedule: dumps are taken on demand only.",
        "Set spec.backup.schedule.",
    )
    SUSPENDED = (
        "Suspended",
        "spec.backup.suspend keeps backups from being taken, and the newest one is too old by now.",
        "Set spec.backup.suspend to false.",
    )
    VERIFIED = ("Verified", "A dump was restored into a scratch database and passed every check, lately.")
    NEVER_VERIFIED = (
        "NeverVerified",
        "No dump has been restored and checked yet.",
        "Wait for spec.backup.verify.schedule.",
    )
    VERIFICATION_FAILED = (
        "VerificationFailed",
        "The newest drill has failed: that dump may not be restorable.",
        "The message has the cause; take another backup at once, and keep the earlier ones.",
    )


class Dumps(Reason):
    """What Ready may say of a HasteCRMBackup."""

    DUMP_TAKEN = ("DumpTaken", "The dump is good.")
    NO_DESTINATION = (
        "NoDestination",
        "spec.backup of the HasteCRM does not say where dumps go.",
        "Set spec.backup.destination.",
    )
    WAITING_FOR_DATABASE = ("WaitingForDatabase", "The database cannot be reached yet.", "Wait.")
    WAITING_FOR_ANOTHER = ("WaitingForAnother", "Another dump is being taken.", "Wait.")
    TAKING = ("Taking", "A Job takes the dump.", "Wait.")
    IN_USE = ("InUse", "A restore reads the dump, so it is not deleted yet.", "Wait.")
    DELETING = ("DeletingDump", "A Job deletes the dump.", "Wait.")
    DUMP_KEPT = (
        "DumpKept",
        "The object was deleted, and its dump could not be.",
        "Delete the dump yourself, in the destination.",
    )
    BACKUP_FAILED = ("BackupFailed", "The Job ended without an answer.", "The message has its last words.")
