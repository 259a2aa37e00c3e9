"""Why something waits for its time, and where the rotation of credentials stands."""

from hastecrm_operator.api.reasons.reason import Reason


class Rollouts(Reason):
    """What PendingRollout may say."""

    NOTHING_WAITS = ("NothingWaits", "No change waits.")
    MAINTENANCE_WINDOW = (
        "MaintenanceWindow",
        "A change replaces pods and waits for a window of spec.maintenanceWindows.",
        "Wait, or let it go now as the message says.",
    )
    NEW_RENDER = (
        "NewRender",
        "This version of the operator makes other pods than the one before; that alone restarts nothing.",
        "They come with the next change or in a window, or now as the message says.",
    )


class Rotation(Reason):
    """What CredentialsCurrent may say."""

    CURRENT = ("Current", "The generated credentials are as young as the spec asks.")
    ROTATING = ("Rotating", "Credentials are being replaced; both the old and the new ones work.", "Wait.")
    NOT_MADE_YET = ("NotMadeYet", "No credentials have been generated yet.", "Wait.")
    ROTATION_STUCK = (
        "RotationStuck",
        "A step of the rotation has taken more than an hour.",
        "The message says what it waits for; mostly pods that do not get ready.",
    )
    ROTATION_OVERDUE = (
        "RotationOverdue",
        "A rotation was due more than an hour ago and has not begun.",
        "The message says why; mostly the object is paused or not ready.",
    )


class Deletions(Reason):
    """What the last status and the last event of an object say that is deleted with a last dump."""

    DELETING = ("Deleting", "The object is being deleted; its last dump comes first.", "Wait.")
    RETAINED = ("Retained", "The data is kept, as the deletion policy says.")
    DATA_DELETED = ("DataDeleted", "The data was deleted, as the deletion policy says.")
    FINAL_BACKUP_TAKEN = ("FinalBackupTaken", "The data was deleted after a last dump of the database.")
    FINAL_BACKUP_FAILED = (
        "FinalBackupFailed",
        "The last dump failed, so the data is kept.",
        "The message has its last words; a new object of the same name takes the data over.",
    )
    DEADLINE_EXCEEDED = (
        "DeadlineExceeded",
        "There was no last dump in time, so the data is kept.",
        "A new object of the same name takes the data over.",
    )
    NAMESPACE_TERMINATING = ("NamespaceTerminating", "The namespace is being deleted, and all in it.")


class Adoption(Reason):
    """What any condition says whose children cannot be made because something is in their place."""

    NOT_OURS = (
        "NotOurs",
        "An object of the name that a child needs belongs to somebody else, and was not touched.",
        "Do what the message says, or give the HasteCRM another name.",
    )
