"""Why the database, the cache or the schema can be used, or not."""

from hastecrm_operator.api.reasons.reason import Reason


class References(Reason):
    """What may be wrong with something that the spec names."""

    SECRET_NOT_FOUND = ("SecretNotFound", "A Secret that the spec names does not exist.", "Create it.")
    SECRET_KEY_MISSING = ("SecretKeyMissing", "A Secret that the spec names lacks a key.", "Add the key.")
    STORAGE_CLASS_NOT_FOUND = (
        "StorageClassNotFound",
        "A StorageClass that the spec names does not exist.",
        "Create it, or make the object anew with another one: a volume keeps its class.",
    )


class Stores(Reason):
    """What DatabaseReady and CacheReady may say."""

    POD_READY = ("PodReady", "The managed server accepts connections.")
    STARTING = ("Starting", "The managed server is not ready yet.", "Wait; see status.blocking if it lasts.")
    NOT_CHECKED_YET = ("NotCheckedYet", "Nobody has tried to connect yet.")


class Migrations(Reason):
    """What Migrated may say."""

    SCHEMA_CURRENT = ("SchemaCurrent", "The schema is that of the release.")
    NOT_MIGRATED = ("NotMigrated", "No migration has finished yet.", "Wait.")
    MIGRATING = ("Migrating", "The migration Job runs.", "Wait.")
    WAITING_FOR_DATABASE = (
        "WaitingForDatabase",
        "The migration cannot begin before the database is ready.",
        "See DatabaseReady.",
    )
    RETRYING = ("Retrying", "A failed migration is tried again, because the configuration changed.", "Wait.")
    MIGRATION_FAILED = (
        "MigrationFailed",
        "The migration Job has failed; the pods of the earlier release run on.",
        "Correct the cause that the message names, then delete the Job.",
    )
