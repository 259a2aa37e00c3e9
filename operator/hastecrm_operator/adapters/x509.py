"""An authority of its own for each installation, and the certificate of its servers, on P-256."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hastecrm_operator.engine.issuing import Certificates

# Clients cannot be told of another authority without a restart, so it outlives any installation.
_AUTHORITY_LIFE = timedelta(days=30 * 365)
_SERVER_LIFE = timedelta(days=365)
_RENEW_AFTER = timedelta(days=240)
_CLOCKS_DIFFER = timedelta(hours=1)

Authority = tuple[x509.Certificate, EllipticCurvePrivateKey]


def issue(existing: Mapping[str, bytes], names: Sequence[str], now: datetime) -> Certificates:
    """Return a new certificate for these names, by the authority in `existing` or a new one."""
    authority, signer = _usable(existing, now) or _new_authority(names[0], now)
    key = generate_private_key(SECP256R1())
    certificate = _server(names, key, now, authority).sign(signer, hashes.SHA256())
    files = {
        "ca.crt": authority.public_bytes(Encoding.PEM),
        "ca.key": _pem(signer),
        "tls.crt": certificate.public_bytes(Encoding.PEM),
        "tls.key": _pem(key),
    }
    return Certificates(files, (now + _RENEW_AFTER).replace(microsecond=0))


def _usable(existing: Mapping[str, bytes], now: datetime) -> Authority | None:
    try:
        certificate = x509.load_pem_x509_certificate(existing["ca.crt"])
        key = load_pem_private_key(existing["ca.key"], None)
    except (KeyError, ValueError):
        return None
    fits = isinstance(key, EllipticCurvePrivateKey) and key.public_key() == certificate.public_key()
    lasts = certificate.not_valid_after_utc > now + _SERVER_LIFE
    return (certificate, key) if fits and lasts and isinstance(key, EllipticCurvePrivateKey) else None


def _new_authority(name: str, now: datetime) -> Authority:
    key = generate_private_key(SECP256R1())
    subject = _name(f"{name} authority")
    builder = (
        _builder(subject, subject, key, now, _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return builder.sign(key, hashes.SHA256()), key


def _server(
    names: Sequence[str], key: EllipticCurvePrivateKey, now: datetime, authority: x509.Certificate
) -> x509.CertificateBuilder:
    alternatives = [*map(x509.DNSName, (*names, "localhost")), x509.IPAddress(ip_address("127.0.0.1"))]
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    of_authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    return (
        _builder(_name(names[0]), authority.subject, key, now, _SERVER_LIFE)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(of_authority, critical=False)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
