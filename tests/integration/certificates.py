"""Self-signed certificates for the servers of the tests."""

import subprocess
from pathlib import Path


def certificate(folder: Path, name: str, address: str = "IP:127.0.0.1") -> tuple[bytes, bytes]:
    """Return a self-signed certificate for an address, and its key."""
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
    ]
    command += ["-addext", f"subjectAltName={address}", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert.read_bytes(), key.read_bytes()
