"""The command line of `python3 tools/devcluster`."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .cluster import BuiltCluster, Wish
from .errors import ComponentFailedError, DevclusterError
from .kubectl import find_kubectl
from .layout import DEFAULT_NAME, parse_name
from .preflight import search_path
from .progress import say
from .providers import CHOICES, Provider, announced, provider

_EPILOG = """examples:
  python3 tools/devcluster up                                  a cluster that runs pods (root)
  python3 tools/devcluster up --control-plane-only --name api  an API server alone, for any user
  python3 tools/devcluster load-image localhost/hastecrm/app:0.1.0
  export KUBECONFIG=$(python3 tools/devcluster kubeconfig)
  python3 tools/devcluster logs kube-apiserver -f
  python3 tools/devcluster down

environment: HASTECRM_CLUSTER_NAME is the default of --name, CLUSTER that of --provider.
"""


@dataclass(frozen=True)
class Call:
    """One command with everything it may use."""

    options: argparse.Namespace
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """The cluster's name."""
        return parse_name(self.options.name)

    def provider(self) -> Provider:
        """Return the cluster that the command is about."""
        return provider(self.options.provider, self.name, self.environment)

    def built(self) -> BuiltCluster:
        """Return the cluster, if it is one of those made here."""
        found = self.provider()
        if not isinstance(found, BuiltCluster):
            raise DevclusterError(f"`{self.options.command}` works for provider devcluster only")
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are one line on standard error."""
    # nft, runc and others live where an ordinary PATH does not look.
    os.environ["PATH"] = search_path(os.environ)
    try:
        options = parser(os.environ).parse_args(arguments)
        return int(COMMANDS[options.command](Call(options, os.environ)))
    except ComponentFailedError as exc:
        print(f"{exc.log_tail}\ndevcluster: {exc}", file=sys.stderr)
    except DevclusterError as exc:
        print(f"devcluster: {exc}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ndevcluster: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130
    return 1


def parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    formatter = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        "devcluster", description=__doc__, epilog=_EPILOG, formatter_class=formatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_up(_command(commands, environment, "up", "bring the cluster up, or repair it", "up --name second"))
    down = _command(commands, environment, "down", "remove the cluster and its data", "down --keep-data")
    down.add_argument(
        "--keep-data", action="store_true", help="the next `up` finds all objects and volumes again"
    )
    _command(commands, environment, "status", "show every component; fails if one is down", "status")
    _command(commands, environment, "kubeconfig", "print the kubeconfig's path", "kubeconfig --name api")
    load = _command(
        commands, environment, "load-image", "bring images into the cluster", "load-image app.tar"
    )
    load.add_argument(
        "sources", nargs="+", metavar="REF|ARCHIVE.tar", help="local image, or docker or OCI archive"
    )
    _command(commands, environment, "images", "list the cluster's images", "images")
    logs = _command(commands, environment, "logs", "show a component's log", "logs kubelet -f")
    logs.add_argument("component", nargs="?", help="without it: the list of components")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as lines are written")
    shell = _command(commands, environment, "shell", "open a shell with KUBECONFIG and kubectl set", "shell")
    shell.add_argument("argv", nargs="*", metavar="COMMAND", help="run this instead of a shell")
    url = _command(commands, environment, "url", "print the host's URL of a NodePort", "url 30080")
    url.add_argument("port", type=int, nargs="?", default=30080, help="default: 30080")
    return top


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    environment: Mapping[str, str],
    name: str,
    promise: str,
    example: str,
) -> argparse.ArgumentParser:
    epilog = f"example: python3 tools/devcluster {example}"
    made = commands.add_parser(name, help=promise, description=promise.capitalize() + ".", epilog=epilog)
    default_name = environment.get("HASTECRM_CLUSTER_NAME") or DEFAULT_NAME
    made.add_argument("--name", default=default_name, help=f"the cluster (default: {default_name})")
    default_provider = environment.get("CLUSTER") or "auto"
    made.add_argument("--provider", default=default_provider, help=" | ".join(CHOICES) + " (default: auto)")
    return made


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument(
        "--control-plane-only", action="store_true", help="an API server without pods; needs no root"
    )
    up.add_argument(
        "--controllers",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="run the controller manager",
    )
    up.add_argument("--api-port", type=int, help="port of an API server without node (default: a free one)")


def _up(call: Call) -> int:
    options = call.options
    wish = Wish(not options.control_plane_only, options.controllers, options.api_port)
    cluster = announced(options.provider, call.name, call.environment, with_node=wish.with_node)
    cluster.up(wish)
    print(cluster.kubeconfig())
    return 0


def _down(call: Call) -> int:
    call.provider().down(call.options.keep_data)
    return 0


def _status(call: Call) -> int:
    cluster = call.provider()
    states = cluster.status()
    for part, state in states.items():
        print(f"{part:<24} {state}")
    healthy = all(state == "running" for state in states.values())
    if isinstance(cluster, BuiltCluster):
        healthy = cluster.is_healthy()
        print(f"{'cluster ' + call.name:<24} {'ready' if healthy else 'not ready'}")
    return 0 if healthy else 1


def _kubeconfig(call: Call) -> int:
    print(call.provider().kubeconfig())
    return 0


def _load_image(call: Call) -> int:
    new = call.provider().load_image(call.options.sources)
    for source in call.options.sources:
        print(f"{source}: {'loaded' if source in new else 'unchanged'}")
    return 0


def _images(call: Call) -> int:
    print("\n".join(call.built().images().references()))
    return 0


def _logs(call: Call) -> int:
    cluster = call.built()
    known = list(cluster.status())
    wanted = call.options.component
    if wanted is None:
        print("\n".join(f"{name:<24} {cluster.layout.log(name)}" for name in known))
        return 0
    if wanted not in known:
        raise DevclusterError(f"no component is called '{wanted}': {', '.join(known)}")
    follow = ["--follow"] if call.options.follow else []
    return subprocess.run(
        ["tail", "--lines=200", *follow, cluster.layout.log(wanted)], check=False
    ).returncode


def _shell(call: Call) -> int:
    kubeconfig = call.provider().kubeconfig()
    path = f"{find_kubectl(call.environment).parent}{os.pathsep}{call.environment.get('PATH', '')}"
    settings = {**call.environment, "KUBECONFIG": str(kubeconfig), "PATH": path}
    argv = call.options.argv or [call.environment.get("SHELL", "/bin/sh")]
    say(f"KUBECONFIG={kubeconfig}")
    return subprocess.run(argv, env=settings, check=False).returncode


def _url(call: Call) -> int:
    print(f"http://{call.provider().node_address()}:{call.options.port}")
    return 0


COMMANDS: dict[str, Callable[[Call], int]] = {
    "up": _up,
    "down": _down,
    "status": _status,
    "kubeconfig": _kubeconfig,
    "load-image": _load_image,
    "images": _images,
    "logs": _logs,
    "shell": _shell,
    "url": _url,
}
