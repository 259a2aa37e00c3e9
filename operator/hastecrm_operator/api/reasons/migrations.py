"""Why the schema could not be brought to a release, in the words of the program in the image."""

from hastecrm_operator.api.reasons.reason import Reason


class MigrationFailures(Reason):
    """Why a migration, or its plan, has failed."""

    LOCK_TIMEOUT = (
        "LockTimeout",
        "Others kept a table locked for as long as the migration tried; nothing was changed.",
        "End the process that the message names, or retry when there is less to do.",
    )
    CHECKSUM_CHANGED = (
        "ChecksumChanged",
        "A migration in the image is not the one that the database has had.",
        "Use an image that was not tampered with: spec.images.app.",
    )
    SCHEMA_TOO_NEW = (
        "SchemaTooNew",
        "A newer release has taken from the database what this image needs.",
        "Use a newer image, or restore the backup from before that release.",
    )
    EXPAND_FIRST = (
        "ExpandFirst",
        "Something was to be taken away before what the release needs was there.",
        "Retry the release.",
    )
    MIGRATION_FILE_INVALID = (
        "MigrationFileInvalid",
        "The image holds a migration that breaks the rules.",
        "Use another image: spec.images.app.",
    )
