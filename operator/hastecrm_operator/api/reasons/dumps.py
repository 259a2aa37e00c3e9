"""Why a dump could not be taken, read or deleted, in the words of the program in the image."""

from hastecrm_operator.api.reasons.reason import Reason


class DumpFailures(Reason):
    """Why a dump could not be taken, read, proven or deleted."""

    DESTINATION_FULL = (
        "DestinationFull",
        "The destination has no space left; no dump was deleted.",
        "Make it larger: spec.backup.destination.volume.size; or keep fewer: spec.backup.retention.",
    )
    DESTINATION_UNREACHABLE = (
        "DestinationUnreachable",
        "The object store does not answer.",
        "See spec.backup.destination.s3.endpoint, its DNS name and firewalls.",
    )
    DESTINATION_DENIED = (
        "DestinationDenied",
        "The destination does not let the backup write.",
        "Correct the Secret of spec.backup.destination.s3.credentials, or what its owner may do.",
    )
    DESTINATION_FAILED = (
        "DestinationFailed",
        "The destination answered with an error of its own.",
        "The message has its words.",
    )
    BUCKET_MISSING = ("BucketMissing", "The bucket does not exist.", "Create it, or correct its name.")
    TLS_FAILED = (
        "TLSFailed",
        "The certificate of the object store is not trusted.",
        "Name its authority in spec.backup.destination.s3.caSecretName.",
    )
    KEY_INVALID = (
        "KeyInvalid",
        "The key of spec.backup.encryption is no age identity.",
        "Make one with `age-keygen` and store it under the key `key`.",
    )
    KEY_WRONG = ("KeyWrong", "The dump was encrypted with another key.", "Bring the earlier key back.")
    DUMP_MISSING = ("DumpMissing", "There is no such dump.", "See `kubectl get hcb`.")
    MANIFEST_DAMAGED = ("ManifestDamaged", "The record beside a dump cannot be read.", "Use another dump.")
    DUMP_DAMAGED = ("DumpDamaged", "The dump is not what was written.", "Use another dump.")
    DATABASE_UNREACHABLE = ("DatabaseUnreachable", "The database did not answer.", "See DatabaseReady.")
    VERSION_MISMATCH = (
        "VersionMismatch",
        "The server is of another major version than the tools of the image.",
        "Use an application image with the tools of that version: spec.images.app.",
    )
    PROGRAM_MISSING = (
        "ProgramMissing",
        "The image lacks pg_dump or pg_restore.",
        "Use an application image of HasteCRM: spec.images.app.",
    )
    DUMP_FAILED = ("DumpFailed", "pg_dump has failed.", "The message has its words.")
    INTERRUPTED = ("Interrupted", "The program was stopped before it had finished.", "Take another one.")
