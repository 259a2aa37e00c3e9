"""Why an object is Ready, or not, as a whole."""

from hastecrm_operator.api.reasons.reason import Reason


class Overall(Reason):
    """What the conditions about the whole object may say."""

    EVERYTHING_READY = ("EverythingReady", "All components are current and ready.")
    ROLLING_OUT = ("RollingOut", "Pods are being replaced or started.", "Wait.")
    BLOCKED = ("Blocked", "Pods do not get ready.", "See status.blocking.")
    COMPLETE = ("Complete", "Nothing is being rolled out.")
    AS_EXPECTED = ("AsExpected", "Nothing is wrong.")
    DONE = ("Done", "The operator has nothing more to do.")
    NOT_STALLED = ("NotStalled", "Nothing waits for a person.")
    EVERY_TIER_SERVES = ("EveryTierServes", "Each tier that should run has a ready pod.")
    TIER_DOWN = ("TierDown", "A tier has no ready pod.", "Wait; see status.blocking if it lasts.")
    REQUESTED = ("Requested", "The spec asks for it.")
    NOT_REQUESTED = ("NotRequested", "The spec does not ask for it.")
    PAUSED = ("Paused", "Nothing is done about it while spec.paused is true.")
    HIBERNATED = ("Hibernated", "No pod runs, because spec.hibernated is true.")
    FALLING_ASLEEP = ("FallingAsleep", "Pods are ending, because spec.hibernated is true.", "Wait.")
    INVALID_SPEC = (
        "InvalidSpec",
        "The API server took the spec, but the operator cannot read it: the definition is not its own.",
        "Apply the definition that belongs to the operator, or correct the fields that are named.",
    )
    NOT_WATCHED = (
        "NotWatched",
        "The operator may not see what the condition is about.",
        "Grant the permission that the condition Ready names.",
    )


class Deeds(Reason):
    """What an event may tell that was done, beside the conditions that have changed."""

    REMOVED = ("Removed", "A child that the spec no longer asks for was deleted.")
    CANARY_STEP = (
        "CanaryStep",
        "As many pods of the API as a step of spec.release.canary says run a release.",
    )


class Refused(Reason):
    """What the API server may have against a write; the message is its own."""

    FORBIDDEN = (
        "Forbidden",
        "The operator lacks a permission, or a quota or policy of the namespace refuses.",
        "Grant what the message names, or raise the quota.",
    )
    INVALID = (
        "Invalid",
        "The API server does not take a manifest.",
        "Mostly something in podTemplate or env: the message names the field.",
    )
    KIND_NOT_INSTALLED = (
        "KindNotInstalled",
        "The cluster lacks a kind that the spec asks for.",
        "Install the product that brings it, or change the field.",
    )
    WEBHOOK_FAILED = (
        "WebhookFailed",
        "An admission webhook of the cluster does not answer.",
        "Bring it back, or let it fail open.",
    )
    OTHER = ("Refused", "The API server refuses a write.", "The message is the API server's own.")
