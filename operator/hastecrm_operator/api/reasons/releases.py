"""Why a release is accepted, or not."""

from hastecrm_operator.api.reasons.reason import Reason


class Releases(Reason):
    """What ReleaseAccepted may say, beside the reasons of workloads, migrations and the analysis."""

    PROMOTED = ("Promoted", "What the spec asks for runs, and has been found good.")
    FIRST_INSTALLATION = ("FirstInstallation", "Nothing ran before, so there is nothing to go back to.")
    UNDER_WAY = ("UnderWay", "A release is being planned, rolled out or verified.", "Wait.")
    WAITS_FOR_A_WINDOW = ("WaitsForAWindow", "A release waits until pods may be replaced.", "Wait.")
    PLANNING = ("Planning", "It is found out what a release would do to the database.", "Wait.")
    BACKING_UP = ("BackingUp", "A backup is taken before the schema changes.", "Wait.")
    CANARY = ("Canary", "Some pods of the API run a release and are measured before all do.", "Wait.")
    VERIFYING = ("Verifying", "A release runs and is measured before it counts as good.", "Wait.")
    ROLLING_BACK = ("RollingBack", "The revision before is being put back.", "Wait.")
    ROLLED_BACK = (
        "RolledBack",
        "The release that the spec asks for has failed; the revision before serves.",
        "Correct what ReleaseAccepted names and change the spec; or set the annotation hastecrm.io/retry.",
    )
    FROZEN = (
        "Frozen",
        "A release has failed and going back is not safe; pods are left as they are.",
        "Decide what the message of ReleaseAccepted offers.",
    )
    ROLLED_BACK_ON_REQUEST = ("RolledBackOnRequest", "The revision that spec.rollback names runs.")
    REVISION_NOT_FOUND = (
        "RevisionNotFound",
        "The revision that spec.rollback names is not recorded, or no longer.",
        "Choose one that is: `kubectl get controllerrevisions`.",
    )
    ROLLBACK_NEEDS_RESTORE = (
        "RollbackNeedsRestore",
        "The revision that spec.rollback names does not run on today's schema.",
        "Set spec.rollback.restoreData: true, which also puts back the data of then.",
    )
    ROLLBACK_IMPOSSIBLE = (
        "RollbackImpossible",
        "The revision that spec.rollback names does not run on today's schema; there is no backup of then.",
        "Go on with a newer release, or restore an older backup.",
    )
    RESTORE_FAILED = (
        "RestoreFailed",
        "The data of then, which spec.rollback.restoreData asks for, could not be put back.",
        "See the HasteCRMRestore; the database is as it was.",
    )
    PROGRESS_DEADLINE_EXCEEDED = (
        "ProgressDeadlineExceeded",
        "A phase of the release has taken too long.",
        "See the message; raise spec.release.progressDeadline if it only needs more time.",
    )
    PLAN_FAILED = ("PlanFailed", "The image could not say what it would migrate.", "See its last words.")
    BACKUP_FAILED = (
        "BackupFailed",
        "The backup before the migration has failed, so nothing was migrated.",
        "See the HasteCRMBackup; then retry.",
    )
    ANALYSIS_FAILED = (
        "AnalysisFailed",
        "The analysis of the new pods ended without an answer.",
        "See the message; then retry.",
    )
    CONTRACT_FAILED = (
        "ContractFailed",
        "What only earlier releases need could not be taken from the database; the application serves.",
        "Correct the cause that the message names, then delete the Job.",
    )


class Analysis(Reason):
    """What ReleaseAccepted may say in the words of the analysis."""

    PODS_MISSING = (
        "PodsMissing",
        "There were never as many ready new pods at once as there must be.",
        "See why pods are not ready, or end again and again; then retry.",
    )
    NO_DATA = (
        "NoData",
        "The new pods could not be measured, and what is unknown never counts as good.",
        "See whether Jobs may reach the pods of the API; then retry.",
    )
    JOURNEY_FAILED = (
        "JourneyFailed",
        "A synthetic user could not do on the new pods what users do.",
        "The message names the step and the answer.",
    )
    ERROR_RATIO_TOO_HIGH = (
        "ErrorRatioTooHigh",
        "Too many requests to the new pods have failed.",
        "See the log of the release; the limit is spec.release.verify.maxErrorRatio.",
    )
    TOO_SLOW = (
        "TooSlow",
        "The new pods answer too slowly.",
        "The limit is spec.release.verify.maxP95.",
    )
    SLOWER_THAN_BEFORE = (
        "SlowerThanBefore",
        "The new pods answer much more slowly than those before.",
        "See what the release has changed; then retry if it was something else.",
    )
