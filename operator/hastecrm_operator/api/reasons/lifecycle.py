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
