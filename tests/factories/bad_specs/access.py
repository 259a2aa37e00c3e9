"""What is wrong with the way in, with signing in, and with mail."""

from typing import Any

_ONE_WAY = "access needs exactly one of ingress and gateway"
_ONE_TLS = "tls needs exactly one of secretName, issuerRef and offloaded: true"
_GATEWAY = {"parentRefs": [{"name": "public"}]}
_MAIL = {"host": "smtp.example.com", "from": "crm@example.com"}


def _access(**access: Any) -> dict[str, Any]:
    return {"host": "crm.example.com", "access": access}


def _tls(**tls: Any) -> dict[str, Any]:
    return _access(ingress={"tls": tls})


def _provider(**provider: Any) -> dict[str, Any]:
    return {"auth": {"oauth": [provider]}}


def _mail(**mail: Any) -> dict[str, Any]:
    return {"host": "crm.example.com", "mail": {**_MAIL, **mail}}


ACCESS: dict[str, tuple[dict[str, Any], str]] = {
    "a way in without a name": (
        {"access": {"ingress": {}}},
        "access needs host: the name under which people reach the CRM",
    ),
    "two ways in": (_access(ingress={}, gateway=_GATEWAY), _ONE_WAY),
    "no way in": (_access(), _ONE_WAY),
    "a certificate from two sources": (_tls(secretName="t", issuerRef={"name": "i"}), _ONE_TLS),
    "a certificate from nowhere": (_tls(), _ONE_TLS),
    "an issuer of another kind": (
        _tls(issuerRef={"kind": "Vault", "name": "i"}),
        'supported values: "ClusterIssuer", "Issuer"',
    ),
    "an issuer without a name": (_tls(issuerRef={}), "tls.issuerRef.name: Required value"),
    "a class that is no name": (
        _access(ingress={"className": "My Class"}),
        "must be the name of a Kubernetes object",
    ),
    "a route without a gateway": (_access(gateway={"parentRefs": []}), "spec.access.gateway.parentRefs"),
    "a token for ever": (
        {"auth": {"accessTokenTTL": "2h"}},
        "auth.accessTokenTTL must be from 1m to 1h: a stolen token lives that long",
    ),
    "a token for a moment": (
        {"auth": {"accessTokenTTL": "59s"}},
        "auth.accessTokenTTL must be from 1m to 1h",
    ),
    "a session in seconds": (
        {"auth": {"refreshTokenTTL": "5s"}},
        "must be a duration like 30m, 12h, 7d or 2w",
    ),
    "a session of nothing": (
        {"auth": {"refreshTokenTTL": "0d"}},
        "must be a duration like 30m, 12h, 7d or 2w",
    ),
    "addresses that nobody can confirm": (
        {"auth": {"emailVerification": True}},
        "auth.emailVerification needs mail: people could never confirm their address",
    ),
    "sign-up without mail": (
        {"auth": {"signup": "open"}},
        "auth.signup: open needs mail: people sign up by a mailed link",
    ),
    "a provider with capitals": (
        _provider(name="Google", secretName="g"),
        "must be a name of lower-case letters, digits and -, like google",
    ),
    "a provider without a secret": (
        _provider(name="google"),
        "spec.auth.oauth[0].secretName: Required value",
    ),
    "a provider twice": (
        {"auth": {"oauth": [{"name": "google", "secretName": "a"}, {"name": "google", "secretName": "b"}]}},
        "Duplicate value",
    ),
    "a sender without a domain": (_mail(**{"from": "crm"}), "must be a mail address like crm@example.com"),
    "a sender with a name": (_mail(**{"from": "CRM <crm@example.com>"}), "must be a mail address"),
    "mail without a name": (
        {"mail": _MAIL},
        "mail needs host: letters hold links to the CRM",
    ),
    "no sender": ({"mail": {"host": "smtp.example.com"}}, "spec.mail.from: Required value"),
    "a mail server with a port": (
        _mail(host="smtp.example.com:25"),
        "must be a DNS name or an IP address, without a port",
    ),
    "a mail server's authority that nobody checks": (
        _mail(tls="none", caSecretName="ca"),
        "mail.caSecretName needs tls: starttls or tls: tls; set one, or leave caSecretName out",
    ),
}
