"""A private certificate authority for one cluster, made with the openssl program."""

import base64
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import DevclusterError
from .layout import Addresses, Layout
from .state import write_private

_DAYS = "3650"
_CURVE = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


@dataclass(frozen=True)
class Identity:
    """One certificate: who it names, in which groups, and at which addresses it serves."""

    file: str
    user: str
    groups: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    authority: str = "ca"


def identities(name: str, addresses: Addresses) -> list[Identity]:
    """Return every certificate that the cluster needs."""
    serving = (
        *("DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc"),
        *("DNS:kubernetes.default.svc.cluster.local", "DNS:localhost", "IP:127.0.0.1"),
        *(f"IP:{addresses.node}", f"IP:{addresses.kubernetes_service}"),
    )
    return [
        Identity("apiserver", "kube-apiserver", addresses=tuple(dict.fromkeys(serving))),
        Identity("admin", f"{name}-admin", ("system:masters",)),
        Identity("apiserver-kubelet-client", "kube-apiserver-kubelet-client", ("system:masters",)),
        Identity("kube-controller-manager", "system:kube-controller-manager"),
        Identity("kube-scheduler", "system:kube-scheduler"),
        Identity("kube-proxy", "system:kube-proxy"),
        Identity("coredns", "devcluster:coredns"),
        Identity(
            "metrics-server", "devcluster:metrics-server", addresses=("DNS:metrics-server.kube-system.svc",)
        ),
        Identity(
            "kubelet", f"system:node:{name}", ("system:nodes",), (f"DNS:{name}", f"IP:{addresses.node}")
        ),
        Identity("front-proxy-client", "front-proxy-client", authority="front-proxy-ca"),
    ]


def issue(layout: Layout, addresses: Addresses) -> None:
    """Make whatever key or certificate is missing; what exists stays, so kubeconfigs stay valid."""
    layout.pki.mkdir(parents=True, exist_ok=True, mode=0o700)
    for authority in ("ca", "front-proxy-ca"):
        _authority(layout.pki, authority)
    _service_account_key(layout.pki)
    for identity in identities(layout.name, addresses):
        _certificate(layout.pki, identity)


def write_kubeconfig(layout: Layout, file: str, server: str, target: Path) -> None:
    """Write a kubeconfig that stands on its own: the certificates are inside it."""
    write_private(target, json.dumps(_kubeconfig(layout, file, server), indent=2) + "\n")


def _kubeconfig(layout: Layout, file: str, server: str) -> dict[str, object]:
    def data(name: str) -> str:
        return base64.b64encode((layout.pki / name).read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": data("ca.crt")}
    user = {"client-certificate-data": data(f"{file}.crt"), "client-key-data": data(f"{file}.key")}
    context = {"cluster": layout.name, "user": file}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": layout.name, "cluster": cluster}],
        "users": [{"name": file, "user": user}],
        "contexts": [{"name": layout.name, "context": context}],
        "current-context": layout.name,
    }


def _authority(pki: Path, file: str) -> None:
    if (pki / f"{file}.crt").exists():
        return
    extensions = (
        "basicConstraints=critical,CA:TRUE",
        "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
    )
    _request(pki, file, f"/CN=hastecrm-devcluster-{file}", extensions, ("-x509", "-days", _DAYS))


def _certificate(pki: Path, identity: Identity) -> None:
    if (pki / f"{identity.file}.crt").exists():
        return
    subject = "".join(f"/O={group}" for group in identity.groups) + f"/CN={identity.user}"
    extensions = [
        "basicConstraints=CA:FALSE",
        "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=serverAuth,clientAuth",
    ]
    if identity.addresses:
        extensions.append("subjectAltName=" + ",".join(identity.addresses))
    authority = pki / identity.authority
    signing = ("-x509", "-days", _DAYS, "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key")
    _request(pki, identity.file, subject, extensions, signing)


def _request(pki: Path, file: str, subject: str, extensions: Iterable[str], how: Iterable[str]) -> None:
    additions = [part for extension in extensions for part in ("-addext", extension)]
    # `-config /dev/null` keeps the machine's openssl.cnf from adding extensions of its own.
    config = pki / "openssl.cnf"
    config.write_text("[req]\ndistinguished_name=name\n[name]\n")
    draft = pki / f"{file}.draft"
    _openssl(
        *("req", "-new", "-newkey", *_CURVE, "-nodes", "-config", str(config), "-subj", subject),
        *("-keyout", str(pki / f"{file}.key"), "-out", str(draft), *additions, *how),
    )
    (pki / f"{file}.key").chmod(0o600)
    draft.replace(pki / f"{file}.crt")


def _service_account_key(pki: Path) -> None:
    public, private = pki / "service-accounts.pub", pki / "service-accounts.key"
    if public.exists():
        return
    _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(private))
    private.chmod(0o600)
    _openssl("pkey", "-in", str(private), "-pubout", "-out", str(public))


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise DevclusterError(f"openssl {arguments[0]} failed: {reason[0]}")
