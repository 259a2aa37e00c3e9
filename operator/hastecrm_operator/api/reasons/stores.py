"""Why the database, the cache or the schema can be used, or not."""

from hastecrm_operator.api.reasons.reason import Reason


class References(Reason):
    """What may be wrong with something that the spec names."""

    SECRET_NOT_FOUND = ("SecretNotFound", "A Secret that the spec names does not exist.", "Create it.")
    SECRET_KEY_MISSING = ("SecretKeyMissing", "A Secret that the spec names lacks a key.", "Add the key.")
    CONFIG_MAP_NOT_FOUND = (
        "ConfigMapNotFound",
        "A ConfigMap that the spec names does not exist.",
        "Create it.",
    )
    CONFIG_MAP_KEY_MISSING = (
        "ConfigMapKeyMissing",
        "A ConfigMap that the spec names lacks a key.",
        "Add the key.",
    )
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
    CHECKING = ("Checking", "A Job tries to connect to the external server.", "Wait.")
    CONNECTED = ("Connected", "The external server can be used as it is configured now.")
    POSTGRES_MAJOR_MISMATCH = (
        "PostgresMajorMismatch",
        "The data was written by another major version of PostgreSQL than that of the image.",
        "Put the earlier image back into spec.images.postgres.",
    )
    CLUSTER_SERVES = ("ClusterServes", "The Cluster of CloudNativePG has a primary.")
    CLUSTER_NOT_READY = (
        "ClusterNotReady",
        "The Cluster of CloudNativePG has no primary, or no Secret to reach it with, yet.",
        "See its own status, which the message repeats.",
    )
    CHECK_FAILED = (
        "CheckFailed",
        "The connection check ended without an answer.",
        "See its message: mostly the image is not one of HasteCRM.",
    )


class Volumes(Reason):
    """What DatabaseReady and CacheReady may say of a volume that grows."""

    VOLUME_GROWING = ("VolumeGrowing", "A volume is being made larger around its running pod.", "Wait.")
    VOLUME_NOT_EXPANDABLE = (
        "VolumeNotExpandable",
        "The spec asks for a larger volume, and its StorageClass does not let it grow; all else runs.",
        "Let the class expand volumes if its driver can, or move the data.",
    )


class Connections(Reason):
    """Why an external database or cache cannot be used, in the words of the connection check."""

    NAME_NOT_RESOLVED = ("NameNotResolved", "The host's name is unknown.", "Correct host, or the DNS.")
    CONNECTION_REFUSED = (
        "ConnectionRefused",
        "Nobody listens at host and port.",
        "Start the server, or correct host or port.",
    )
    TIMEOUT = ("Timeout", "There is no answer.", "See firewalls and NetworkPolicies on the way.")
    CONNECTION_LOST = ("ConnectionLost", "The server ended the connection.", "See the server's log.")
    TLS_NOT_OFFERED = ("TLSNotOffered", "The server speaks no TLS.", "Let it, or change sslMode or tls.")
    TLS_FAILED = ("TLSFailed", "The two cannot agree how to speak TLS.", "See the server's log.")
    CERTIFICATE_INVALID = (
        "CertificateInvalid",
        "The server's certificate is not trusted, or is for another name.",
        "Name its authority in caSecretName, and a name of the certificate in host.",
    )
    AUTHENTICATION_FAILED = (
        "AuthenticationFailed",
        "The server does not accept the credentials.",
        "Correct the Secret that credentials names.",
    )
    ACCESS_DENIED = (
        "AccessDenied",
        "The server lets nobody in from here.",
        "See pg_hba.conf or the provider's list.",
    )
    DATABASE_MISSING = ("DatabaseMissing", "The database does not exist.", "Create it, or correct name.")
    PRIVILEGE_MISSING = ("PrivilegeMissing", "The user may do too little.", "Grant what the message names.")
    ROLE_TOO_POWERFUL = (
        "RoleTooPowerful",
        "The role bypasses row-level security, on which the separation of workspaces rests.",
        "Sign in as another role.",
    )
    READ_ONLY = ("ReadOnly", "The server takes no writes.", "Let host be the primary.")
    SERVER_STARTING = ("ServerStarting", "The server is starting or recovering.", "Wait.")
    SERVER_REFUSED = ("ServerRefused", "The server refused for another reason.", "The message is its own.")
    SERVER_TOO_OLD = ("ServerTooOld", "The server's version is not supported.", "Upgrade it.")
    TOO_MANY_CONNECTIONS = (
        "TooManyConnections",
        "The server has no connection left.",
        "Raise max_connections, or lower spec.database.pool.maxSize.",
    )
    OUT_OF_MEMORY = (
        "OutOfMemory",
        "Redis has no memory left for a write.",
        "Raise maxmemory, or let it evict.",
    )


class Migrations(Reason):
    """What Migrated may say."""

    SCHEMA_CURRENT = ("SchemaCurrent", "The schema is that of the release.")
    NOT_MIGRATED = ("NotMigrated", "No migration has finished yet.", "Wait.")
    MIGRATING = ("Migrating", "The migration Job runs.", "Wait.")
    WAITING_FOR_DATABASE = (
        "WaitingForDatabase",
        "The migration cannot begin before the database is ready.",
        "Wait; see DatabaseReady if it lasts.",
    )
    RETRYING = ("Retrying", "A failed migration is tried again, because the configuration changed.", "Wait.")
    MIGRATION_FAILED = (
        "MigrationFailed",
        "The migration Job has failed; the pods of the earlier release run on.",
        "Correct the cause that the message names, then delete the Job.",
    )
