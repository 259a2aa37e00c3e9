"""The way out of each reason for which an external store cannot be used. Pure."""

from typing import Final

_NETWORK: Final = "see whether pods of this namespace reach {field}.host and port: firewall, NetworkPolicy"
_ADVICE: Final = {
    "NameNotResolved": "correct {field}.host, or make its name known to the cluster's DNS",
    "ConnectionRefused": f"start the server, or correct {{field}}.host or port; {_NETWORK}",
    "Timeout": _NETWORK,
    "ConnectionLost": "see the log of the server; if it speaks TLS only, change {field}.{tls}",
    "TLSNotOffered": "let the server speak TLS, or change {field}.{tls}",
    "TLSFailed": "see the log of the server for the TLS versions and ciphers that it accepts",
    "CertificateInvalid": "let the Secret of {field}.caSecretName hold the authority of the certificate, and "
    "{field}.host be a name in it",
    "AuthenticationFailed": "correct the Secret that {field}.credentials names",
    "AccessDenied": "let the role connect from this cluster (pg_hba.conf, or the provider's access list)",
    "DatabaseMissing": "create the database, or correct {field}.name",
    "PrivilegeMissing": "{right}",
    "RoleTooPowerful": "sign in as another role, or ALTER ROLE … NOSUPERUSER NOBYPASSRLS",
    "ReadOnly": "let {field}.host be the primary",
    "ServerTooOld": "upgrade the server",
    "TooManyConnections": "raise max_connections of the server, or lower spec.database.pool.maxSize",
    "OutOfMemory": "raise maxmemory of the server, or let it evict",
}
_OTHERWISE: Final = "it is tried again at least every 5 minutes"
_WORDS: Final = {
    "database": {"tls": "sslMode", "right": "make the role the owner of the database"},
    "redis": {"tls": "tls", "right": "give the user ~* &* +@all -@admin -@dangerous"},
}


def advice(store: str, reason: str) -> str:
    """Return what to do about `reason`, with the fields of the spec that matter."""
    return _ADVICE.get(reason, _OTHERWISE).format(field=f"spec.{store}.external", **_WORDS[store])
