"""The development cluster's decisions, without starting one."""

import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.devcluster import (
    cli,
    network,
    packages,
    preflight,
    processes,
)
from tools.devcluster.errors import DevclusterError
from tools.devcluster.layout import SLOTS, Addresses, Layout, cache_root, parse_name, state_root
from tools.devcluster.state import Record, locked, read_record, taken_slots, write_record

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout("try", tmp_path / "try")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as child:
        yield child
        child.kill()


# --- places and addresses


def test_state_and_cache_follow_the_xdg_variables() -> None:
    environment = {"HOME": "/home/ada", "XDG_STATE_HOME": "/state", "XDG_CACHE_HOME": "relative"}

    assert state_root(environment) == Path("/state/hastecrm/clusters")
    assert cache_root(environment) == Path("/home/ada/.cache/hastecrm/devcluster")


@pytest.mark.parametrize("name", ["", "Upper", "1first", "with space", "../up", "a" * 21])
def test_a_name_that_cannot_be_a_folder_and_a_cgroup_is_refused(name: str) -> None:
    with pytest.raises(DevclusterError, match="cannot name a cluster"):
        parse_name(name)


def test_no_two_slots_share_an_address_or_a_port() -> None:
    every = [Addresses(slot, with_node) for slot in range(SLOTS) for with_node in (True, False)]
    networks = [addresses.network for addresses in every if addresses.with_node]
    ports = [port for addresses in every for port in addresses.ports().values()]

    assert len(set(networks)) == SLOTS
    assert len(ports) == len(set(ports)) == 4 * SLOTS
    assert max(ports) < 32768  # where the kernel's outgoing ports begin


def test_node_pods_and_services_of_a_cluster_are_disjoint_parts_of_its_network() -> None:
    addresses = Addresses(3, with_node=True)
    pods, services = ipaddress.IPv4Network(addresses.pods), ipaddress.IPv4Network(addresses.services)

    assert pods.subnet_of(addresses.network)
    assert services.subnet_of(addresses.network)
    assert not pods.overlaps(services)
    assert ipaddress.IPv4Address(addresses.node) not in pods


def test_a_cluster_with_a_node_takes_no_port_of_the_host() -> None:
    assert Addresses(0, with_node=True).ports() == {}


def test_the_hosts_own_networks_are_read_without_its_default_route() -> None:
    assert all(found.prefixlen >= 12 for found in network.host_networks())


def test_a_record_survives_and_its_slot_counts_as_taken(layout: Layout) -> None:
    write_record(layout, Record("devcluster", slot=7))

    assert read_record(layout) == Record("devcluster", slot=7)
    assert taken_slots(layout.root.parent) == {7}
    assert layout.record.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", '{"unknown": 1}'])
def test_a_damaged_record_counts_as_no_cluster(layout: Layout, content: str) -> None:
    layout.root.mkdir()
    layout.record.write_text(content)

    assert read_record(layout) is None


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path):
        path.unlink()

    with locked(path):
        assert path.exists()


# --- processes


def test_a_recorded_process_is_recalled_while_it_runs(
    layout: Layout, sleeper: subprocess.Popen[bytes]
) -> None:
    path = layout.process("sleeper")
    process = processes.find(sleeper.pid)
    assert process is not None
    processes.remember(path, process)

    recalled = processes.recall(path)
    sleeper.kill()
    sleeper.wait()

    assert recalled == process
    assert processes.recall(path) is None


def test_a_recycled_process_id_is_not_mistaken(layout: Layout, sleeper: subprocess.Popen[bytes]) -> None:
    path = layout.process("sleeper")
    other = processes.Process(sleeper.pid, started=1)
    processes.remember(path, other)

    other.signal(signal.SIGKILL)

    assert processes.recall(path) is None
    assert sleeper.poll() is None


def test_a_zombie_counts_as_gone() -> None:
    child = subprocess.Popen(["true"])  # waited for below, late on purpose

    gone = processes.wait_until(lambda: processes.find(child.pid) is None, 5)
    child.wait()

    assert gone


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    script = f"import signal; {ignore}; print('up', flush=True); signal.pause()"
    log = tmp_path / "log"
    process = processes.spawn([sys.executable, "-c", script], log, os.environ)
    assert processes.wait_until(lambda: "up" in log.read_text(), 10)

    processes.stop([process], bound_seconds=0.2)

    assert not process.is_running


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\n".join(f"line {number}" for number in range(5000)))

    assert processes.tail(log, 2) == "line 4998\nline 4999"
    assert processes.tail(tmp_path / "none") == "(no log was written)"


# --- refusals, each in one line


def test_without_root_the_control_plane_is_offered() -> None:
    with pytest.raises(DevclusterError, match="--control-plane-only"):
        preflight.check_root(1000)

    preflight.check_root(0)


def test_a_taken_port_is_named_with_the_program_that_holds_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(DevclusterError) as refusal:
            preflight.check_ports({"kube-apiserver": port}, "choose another")

    assert f"port {port} is taken by" in str(refusal.value)
    assert f"(process {os.getpid()})" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_too_little_disk_is_refused_with_both_figures(tmp_path: Path) -> None:
    with pytest.raises(DevclusterError, match=r"has .* GiB free and 1048576 GiB are needed"):
        preflight.check_disk(tmp_path / "not" / "yet", 1 << 50)


def test_a_missing_program_is_named_with_its_package() -> None:
    with pytest.raises(DevclusterError, match="missing program: no-such-program"):
        preflight.check_programs(("no-such-program",), {"PATH": "/usr/bin"})


def test_missing_packages_are_named_where_nothing_can_install_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packages, "search_path", lambda environment: str(tmp_path))

    with pytest.raises(DevclusterError, match=r"packages are missing .*: openssl runc nftables"):
        packages.ensure({})


# --- the command line


def test_every_command_explains_itself_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in cli.COMMANDS:
        with pytest.raises(SystemExit):
            cli.parser({}).parse_args([command, "--help"])
        assert f"python3 tools/devcluster {command}" in capsys.readouterr().out


def test_name_and_provider_come_from_the_environment_unless_given() -> None:
    parser = cli.parser({"HASTECRM_CLUSTER_NAME": "mine", "CLUSTER": "kind"})

    assert parser.parse_args(["status"]).name == "mine"
    assert parser.parse_args(["status"]).provider == "kind"
    assert parser.parse_args(["status", "--name", "other"]).name == "other"


def test_the_tool_runs_with_the_standard_library_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", ROOT / "tools" / "devcluster", "--help"],
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()


def test_an_unknown_cluster_ends_in_one_line_that_says_how_to_make_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "devcluster", "kubeconfig", "--provider", "devcluster"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "devcluster: there is no cluster hastecrm: make it with `python3 tools/devcluster up`\n"
    )
