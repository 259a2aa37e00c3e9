"""Why a backup or a restore is as it is, and whether the data could be brought back."""

from hastecrm_operator.api.reasons.reason import Reason


class Requested(Reason):
    """What Ready may say of a HasteCRMBackup or HasteCRMRestore before anything is done for it."""

    HASTECRM_NOT_FOUND = (
        "HasteCRMNotFound",
        "The HasteCRM that spec.hastecrm names does not exist.",
        "Create it, or make an object with the right name.",
    )
