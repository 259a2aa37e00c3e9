"""What the development cluster is made of: programs, configuration, certificates, the pause image."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
from tools.devcluster import (
    archive,
    build,
    certificates,
    components,
    controlplane,
    metricsapi,
    node,
    nodeconfig,
    pause,
    toolchain,
)
from tools.devcluster.errors import DevclusterError
from tools.devcluster.layout import Addresses, Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout("try", tmp_path / "try")


def every_program() -> dict[str, Path]:
    return build.programs(Path("/cache"), build.NODE_MODULES)


def options_of(argv: tuple[str, ...]) -> dict[str, str]:
    return dict(part.removeprefix("--").split("=", 1) for part in argv[1:])


# --- what is started


def test_a_control_plane_alone_listens_on_loopback_only(layout: Layout) -> None:
    parts = controlplane.plan(layout, Addresses(2, with_node=False), every_program(), with_controllers=True)

    assert components.names(parts) == ["etcd", "kube-apiserver", "kube-controller-manager"]
    api = options_of(parts[1].argv)
    assert api["bind-address"] == "127.0.0.1"
    assert api["secure-port"] == str(Addresses(2, with_node=False).api_port)
    assert "advertise-address" not in api


@pytest.mark.parametrize("with_node", [True, False])
def test_volumes_are_made_only_where_a_node_keeps_them_off_the_host(layout: Layout, with_node: bool) -> None:
    controllers = components.controller_manager(layout, Addresses(0, with_node), Path("kcm"))

    assert options_of(controllers.argv)["enable-hostpath-provisioner"] == str(with_node).lower()


def test_the_audit_log_holds_every_request_with_its_user(layout: Layout) -> None:
    api = components.apiserver(layout, Addresses(0, with_node=False), Path("kube-apiserver"))

    assert options_of(api.argv)["audit-log-path"] == str(layout.audit_log)
    assert components.AUDIT_POLICY["rules"] == [{"level": "Metadata"}]


def test_the_node_starts_its_container_runtime_before_the_kubelet(layout: Layout) -> None:
    parts = node.plan(layout, Addresses(0, with_node=True), every_program())

    assert [part.name for part in parts if part.early] == ["containerd"]
    assert {"kubelet", "kube-proxy", "coredns", "metrics-server"} <= set(components.names(parts))


def test_all_files_of_a_node_are_in_its_own_folders(layout: Layout) -> None:
    addresses = Addresses(4, with_node=True)
    containerd = nodeconfig.containerd(layout, Path("/cache/shim"))
    kubelet = nodeconfig.kubelet(layout, addresses)

    assert f'root = "{layout.data}/containerd"' in containerd
    assert f'conf_dir = "{layout.config}/cni"' in containerd
    assert "/etc/" not in containerd
    assert kubelet["cgroupRoot"] == "/hcrm-try"
    assert kubelet["clusterDNS"] == [addresses.node]


def test_images_loaded_by_hand_are_never_collected(layout: Layout) -> None:
    assert nodeconfig.kubelet(layout, Addresses(0, with_node=True))["imageGCHighThresholdPercent"] == 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("nameserver 192.0.2.53\n", ["192.0.2.53"], id="an ordinary server"),
        pytest.param("nameserver 127.0.0.53\noptions edns0\n", [], id="a server of the host alone"),
        pytest.param("# nameserver 192.0.2.1\nnameserver fe80::1%eth0\n", [], id="nothing usable"),
    ],
)
def test_only_name_servers_within_reach_of_the_node_are_used(text: str, expected: list[str]) -> None:
    assert nodeconfig.resolver(text) == expected


def test_coredns_forwards_nothing_where_there_is_nobody_to_ask(layout: Layout) -> None:
    addresses = Addresses(0, with_node=True)

    assert "forward ." not in nodeconfig.corefile(layout, addresses, [])
    assert "forward . 192.0.2.53" in nodeconfig.corefile(layout, addresses, ["192.0.2.53"])


def test_metrics_server_is_trusted_through_the_clusters_own_authority() -> None:
    found = dict(metricsapi.objects(Addresses(0, with_node=True), b"certificate"))
    api_service = found["/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"]
    endpoints = found["/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/metrics-server"]

    assert "insecureSkipTLSVerify" not in api_service["spec"]
    assert endpoints["ports"] == [{"name": "https", "port": nodeconfig.METRICS_PORT}]


# --- certificates and images


def test_certificates_are_made_once_and_keys_stay_private(layout: Layout) -> None:
    addresses = Addresses(1, with_node=True)
    certificates.issue(layout, addresses)
    before = {
        path.name: path.read_bytes() for path in layout.pki.iterdir() if path.suffix in (".crt", ".key")
    }

    certificates.issue(layout, addresses)
    certificates.write_kubeconfig(layout, "admin", addresses.server, layout.kubeconfig)

    assert {name: (layout.pki / name).read_bytes() for name in before} == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in layout.pki.glob("*.key"))
    assert layout.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_the_api_servers_certificate_covers_every_way_to_it(layout: Layout) -> None:
    addresses = Addresses(1, with_node=True)
    certificates.issue(layout, addresses)

    shown = subprocess.run(
        ["openssl", "x509", "-in", layout.pki / "apiserver.crt", "-noout", "-ext", "subjectAltName"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    for expected in (addresses.node, addresses.kubernetes_service, "127.0.0.1", "kubernetes.default.svc"):
        assert expected in shown


def test_the_pause_image_is_a_complete_oci_archive(tmp_path: Path) -> None:
    program = tmp_path / "node"
    program.write_bytes(b"program")

    content = pause.archive(program)

    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        contents = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    index = json.loads(contents["index.json"])
    digest = index["manifests"][0]["digest"].removeprefix("sha256:")
    manifest = json.loads(contents[f"blobs/sha256/{digest}"])
    assert all(f"blobs/sha256/{layer['digest'][7:]}" in contents for layer in manifest["layers"])
    assert content == pause.archive(program)


def test_an_oci_archive_tells_its_image_and_identity(tmp_path: Path) -> None:
    file = tmp_path / "image.tar"
    file.write_bytes(pause.archive(Path("/bin/true"), "localhost/try:1"))
    with tarfile.open(file) as tar:
        blobs = {Path(name).name for name in tar.getnames()}

    (image,) = archive.images(file)

    assert image.reference == "localhost/try:1"
    assert image.digest in blobs


def test_a_docker_archive_tells_every_tag(tmp_path: Path) -> None:
    digest = "0" * 64
    manifest = [{"Config": f"{digest}.json", "RepoTags": ["a:1", "b:2"], "Layers": []}]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        tar.add(tmp_path / "manifest.json", "manifest.json")

    found = archive.images(tmp_path / "image.tar")

    assert found == [archive.Image("a:1", digest), archive.Image("b:2", digest)]


def test_what_is_no_image_archive_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello")

    with pytest.raises(DevclusterError, match=r"notes\.txt is not an image archive"):
        archive.images(file)


# --- building


def test_the_cache_key_changes_with_the_source_and_the_flags() -> None:
    changed = build.Module("kubernetes", "v1.36.3", ("kubernetes",), minutes=7, ldflags="-X other=1")

    assert build.KUBERNETES.key() != changed.key()
    assert build.KUBERNETES.key().startswith("kubernetes-v1.36.3-")


@pytest.mark.parametrize("module", build.NODE_MODULES, ids=lambda module: module.name)
def test_every_module_pins_what_it_builds(module: build.Module) -> None:
    go_mod = (module.source / "go.mod").read_text()
    name = {
        "kubernetes": "k8s.io/kubernetes",
        "containerd": "containerd/v2",
        "metrics-server": "metrics-server",
    }

    assert module is build.NODE or f"{name.get(module.name, module.name)} {module.version}" in go_mod


@pytest.mark.parametrize(
    ("text", "version"), [("go1.26.8\n", (1, 26, 8)), ("go1.27\n", (1, 27)), ("devel +abc", ()), ("", ())]
)
def test_a_go_version_is_understood_or_refused(text: str, version: tuple[int, ...]) -> None:
    assert toolchain.parse_version(text) == version


def test_what_is_no_go_toolchain_has_no_version() -> None:
    assert toolchain.version_of(Path("/nonexistent/go")) == ()
    assert toolchain.version_of(Path("/bin/false")) == ()
