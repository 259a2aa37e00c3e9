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
    PROGRESS_DEADLINE_EXCEEDED = (
        "ProgressDeadlineExceeded",
        "A phase of the release has taken too long.",
        "See the message; raise spec.release.progressDeadline if it only needs more time.",
    )
