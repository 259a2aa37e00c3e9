"""Where a development cluster lives: the choice between kind, the built one and an existing one."""

import json
import time
from pathlib import Path

import pytest
from tools.devcluster import kind, providers
from tools.devcluster.errors import DevclusterError
from tools.devcluster.layout import Layout, state_root
from tools.devcluster.state import Record, write_record


def environment_with(tmp_path: Path, **programs: str) -> dict[str, str]:
    """Return an environment whose PATH holds only these shell scripts."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder), "HOME": str(tmp_path)}


@pytest.mark.parametrize(
    ("programs", "expected", "reason"),
    [
        pytest.param({}, "devcluster", "kind is not installed", id="no kind"),
        pytest.param({"kind": "exit 0"}, "devcluster", "neither docker nor podman", id="no engine"),
        pytest.param({"kind": "exit 0", "docker": "exit 1"}, "devcluster", "neither", id="dead engine"),
        pytest.param(
            {"kind": "exit 0", "docker": '[ "$1" = info ] && echo up'},
            "devcluster",
            "node image",
            id="no image",
        ),
        pytest.param({"kind": "exit 0", "docker": "echo up"}, "kind", "can be had", id="all there"),
    ],
)
def test_the_best_provider_of_the_machine_is_chosen_with_a_reason(
    tmp_path: Path, programs: dict[str, str], expected: str, reason: str
) -> None:
    chosen, why = providers.choose("auto", "try", environment_with(tmp_path, **programs))

    assert chosen == expected
    assert reason in why


def test_an_engine_that_hangs_does_not_hold_up_the_choice(tmp_path: Path) -> None:
    environment = environment_with(tmp_path, kind="exit 0", docker="exec /bin/sleep 20")
    started = time.monotonic()

    chosen, why = providers.choose("auto", "try", environment)

    assert time.monotonic() - started < 3.5
    assert (chosen, "neither docker nor podman" in why) == ("devcluster", True)


def test_a_cluster_stays_with_the_provider_that_made_it(tmp_path: Path) -> None:
    environment = environment_with(tmp_path, kind="exit 0", docker="echo up")
    write_record(Layout("try", state_root(environment) / "try"), Record("devcluster"))

    assert providers.choose("auto", "try", environment) == ("devcluster", "")


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(DevclusterError, match="use one of auto, kind, devcluster, existing"):
        providers.choose("minikube", "try", {})


def test_kind_maps_the_node_port_to_loopback_only() -> None:
    mapping = json.loads(kind.config())["nodes"][0]["extraPortMappings"][0]

    assert mapping == {"containerPort": 30080, "hostPort": 30080, "listenAddress": "127.0.0.1"}


def test_an_existing_cluster_is_left_alone_by_down(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("{}")
    cluster = providers.provider("existing", "try", {"KUBECONFIG": str(kubeconfig), "HOME": str(tmp_path)})

    cluster.down(keep_data=False)

    assert cluster.kubeconfig() == kubeconfig
    with pytest.raises(DevclusterError, match="push to a registry"):
        cluster.load_image(["localhost/hastecrm/app:0.1.0"])
