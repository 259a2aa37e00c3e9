"""Why a restore is where it is."""

from hastecrm_operator.api.reasons.reason import Reason


class Restores(Reason):
    """What Ready may say of a HasteCRMRestore, beside the words of a program that failed."""

    RESTORED = ("Restored", "The restored data is in use.")
    RESTORE_UNDONE = ("RestoreUndone", "The data from before the restore is in use again.")
    ANOTHER_RESTORE_RUNS = (
        "AnotherRestoreRuns",
        "Another HasteCRMRestore works on the same HasteCRM; this one comes after it.",
        "Wait.",
    )
    WAITING_FOR_DUMP = ("WaitingForDump", "The dump is still being taken.", "Wait.")
    DUMP_NOT_FOUND = (
        "DumpNotFound",
        "There is no such HasteCRMBackup, or its dump could not be taken.",
        "See `kubectl get hcb`; make another HasteCRMRestore with one of them.",
    )
    NO_SOURCE = (
        "NoSource",
        "Nothing says where the dump is: the HasteCRM that it comes from has no spec.backup.",
        "Set spec.backup.destination there, or name another one in spec.source.hastecrm.",
    )
    RESTORE_WAITS = (
        "RestoreWaits",
        "The database cannot be reached, or the HasteCRM sleeps or migrates.",
        "Wait for DatabaseReady, or set spec.hibernated to false.",
    )
    CHECKING_DUMP = ("CheckingDump", "A Job looks whether the dump can be restored.", "Wait.")
    RESTORING = ("Restoring", "A Job fills a database beside the one in use.", "Wait.")
    VERIFYING_DATA = (
        "VerifyingData",
        "A Job compares the restored data with the record of the dump.",
        "Wait.",
    )
    SWAPPING = ("Swapping", "The restored database takes the place of the one in use.", "Wait.")
    UNDOING = ("Undoing", "The data from before the restore takes its place again.", "Wait.")
    UNDO_FAILED = (
        "UndoFailed",
        "The data from before the restore could not be put back; the restored data is in use.",
        "Correct what the message says, then delete the Job to try again.",
    )
    UNDO_TOO_LATE = (
        "UndoTooLate",
        "The data from before the restore was dropped when the undo window closed.",
        "Restore an earlier dump instead.",
    )
    RESTORE_FAILED = (
        "RestoreFailed",
        "A step of the restore failed; the data in use was not touched.",
        "The message has its last words.",
    )


class RestoreFailures(Reason):
    """Why a dump could not be brought back, in the words of the program in the image."""

    DUMP_TOO_NEW = (
        "DumpTooNew",
        "The dump has a newer schema than this release knows.",
        "Restore it with the release that took it, or a newer one.",
    )
    FOREIGN_DUMP = ("ForeignDump", "The file is no dump of this application.", "Use another dump.")
    CHECKS_FAILED = (
        "ChecksFailed",
        "What was restored is not what was dumped.",
        "The message says what differs; use another dump, and find out what changed this one.",
    )
    NOT_PERMITTED = (
        "NotPermitted",
        "The database's role may not make a second database.",
        "Run the statement that the message names, as a superuser.",
    )
    DATABASE_FULL = (
        "DatabaseFull",
        "The server has no room for a second database.",
        "Make its volume larger: spec.database.managed.storage.size.",
    )
    DATABASE_BUSY = (
        "DatabaseBusy",
        "Sessions of a superuser kept the database from being swapped.",
        "End them, then make another HasteCRMRestore.",
    )
    DATABASE_MISSING = (
        "DatabaseMissing",
        "A database that the step works on does not exist.",
        "Somebody has dropped or renamed it; make another HasteCRMRestore.",
    )
    DATABASE_NAME_REFUSED = (
        "DatabaseNameRefused",
        "The database is not named as restores name databases, so it was not touched.",
        "See spec.database.external.name.",
    )
    DATABASE_FAILED = ("DatabaseFailed", "PostgreSQL has failed.", "The message has its words.")
    MIGRATION_FAILED = (
        "MigrationFailed",
        "The restored data could not be brought to this release's schema.",
        "The message has the cause; restore with the release that took the dump.",
    )
