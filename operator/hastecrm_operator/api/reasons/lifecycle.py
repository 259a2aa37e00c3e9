"""Why something waits for its time."""

from hastecrm_operator.api.reasons.reason import Reason


class Rollouts(Reason):
    """What PendingRollout may say."""

    NOTHING_WAITS = ("NothingWaits", "No change waits.")
