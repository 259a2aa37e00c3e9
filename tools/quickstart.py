"""From nothing to a running CRM: cluster, images, operator, one HasteCRM object, and how to use it.

tools/quickstart.py up                     everything, then what to do next
tools/quickstart.py install                cluster, images and operator only
tools/quickstart.py demo-data --contacts N fill the running CRM with sample contacts
tools/quickstart.py password               print the password of the first account
tools/quickstart.py token                  print the access token of the API
tools/quickstart.py run-operator           run the operator on this host instead of in the cluster
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KUBECTL = ROOT / ".venv" / "bin" / "kubectl"
OPERATOR = ROOT / "manifests" / "operator" / "overlays" / "dev"
SAMPLES = ROOT / "manifests" / "samples"
SYSTEM = "hastecrm-system"
NAMESPACE = "crm"
NAME = "quickstart"
NODE_PORT = 30080
OWNER = "owner@example.com"
OWNER_SECRET = f"{NAME}-owner"
DEADLINE = 300.0  # seconds for the object to become Ready; images are loaded by then
STARTED = time.monotonic()


class QuickstartError(Exception):
    """Something on the way did not work; the message says what and what to do."""


def say(text: str) -> None:
    """Print one line of progress with the time since the start."""
    print(f"\033[36m{time.monotonic() - STARTED:6.1f}s\033[0m {text}", flush=True)


def tool(name: str, *arguments: str, capture: bool = False) -> str:
    """Run one of the project's tools; raises QuickstartError when it fails."""
    command = [sys.executable, str(ROOT / "tools" / name), *arguments]
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE if capture else None)
    if done.returncode:
        raise QuickstartError(f"`tools/{name} {' '.join(arguments)}` failed; its message is above")
    return (done.stdout or "").strip()


def kubectl(*arguments: str, check: bool = True, stdin: str | None = None) -> str:
    """Run kubectl against the cluster and return its output; raises QuickstartError with its message."""
    environment = os.environ | {"KUBECONFIG": tool("devcluster", "kubeconfig", capture=True)}
    command = [str(KUBECTL), *arguments]
    done = subprocess.run(command, check=False, text=True, capture_output=True, env=environment, input=stdin)
    if check and done.returncode:
        raise QuickstartError(f"`kubectl {' '.join(arguments)}`: {done.stderr.strip()}")
    return done.stdout.strip()


def install() -> None:
    """Bring up the cluster, build and load the images, install the operator."""
    tool("devcluster", "up")
    archives = ROOT / "build" / "images"
    tool("images", "build")
    tool("images", "export", str(archives))
    loaded = tool("devcluster", "load-image", *map(str, sorted(archives.glob("*.tar"))), capture=True)
    changed = [line for line in loaded.splitlines() if line.endswith(": loaded")]
    say("images are in the cluster")
    kubectl("apply", "--server-side", "--force-conflicts", "-k", str(OPERATOR))
    restart_what_runs(changed)
    kubectl("-n", SYSTEM, "rollout", "status", "deployment/hastecrm-operator", "--timeout=180s")
    say("the operator runs")


def restart_what_runs(changed: list[str]) -> None:
    """Make running pods take images that were built again under the same name."""
    if any("/operator-" in line for line in changed):
        kubectl("-n", SYSTEM, "rollout", "restart", "deployment/hastecrm-operator")
    if any("/app-" in line for line in changed):
        ours = ["-n", NAMESPACE, "-l", f"app.kubernetes.io/instance={NAME}"]
        kubectl("delete", "job", *ours, "--ignore-not-found")  # The operator runs the new migration.
        kubectl("rollout", "restart", "deployment", *ours, check=False)  # None may run yet.


def up() -> None:
    """Do everything, then tell how to use it."""
    install()
    if not kubectl("get", "namespace", NAMESPACE, "--ignore-not-found"):
        kubectl("create", "namespace", NAMESPACE)
    kubectl("-n", NAMESPACE, "apply", "--server-side", "-f", str(SAMPLES / "quickstart.yaml"))
    kubectl("-n", NAMESPACE, "apply", "--server-side", "-f", str(SAMPLES / "host-access.yaml"))
    applied = time.monotonic()
    say(f"applied {SAMPLES.name}/quickstart.yaml; waiting for it to become Ready")
    wait_until_ready()
    say(f"Ready {time.monotonic() - applied:.1f} s after it was applied")
    make_owner()
    say(f"{OWNER} can sign in\n")
    print(kubectl("get", "hastecrm", "--all-namespaces"))
    print(next_steps())


def wait_until_ready() -> None:
    """Show each phase until the object is Ready; raises QuickstartError with the object's own reason."""
    shown, deadline = "", time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        status: dict[str, Any] = json.loads(
            kubectl("-n", NAMESPACE, "get", "hastecrm", NAME, "-o", "json")
        ).get("status", {})
        conditions: list[dict[str, str]] = status.get("conditions", [])
        ready = next((c for c in conditions if c["type"] == "Ready"), {})
        line = (
            f"{status.get('phase', 'Pending'):<13} {ready.get('message', 'the operator has not looked yet')}"
        )
        if line != shown:
            say(line)
            shown = line
        if ready.get("status") == "True":
            return
        time.sleep(0.5)
    raise QuickstartError(
        f"not Ready after {DEADLINE:.0f} s: {shown}; see `make status` and the operator's log"
    )


def make_owner() -> None:
    """Make the first account, once, with a password of this cluster's own."""
    if not kubectl("-n", NAMESPACE, "get", "secret", OWNER_SECRET, "--ignore-not-found"):
        source = ["create", "secret", "generic", OWNER_SECRET, "--from-file=password=/dev/stdin"]
        kubectl("-n", NAMESPACE, *source, stdin=secrets.token_urlsafe(12))
    pod, account = f"deploy/{NAME}-worker", ["--email", OWNER, "--name", "Olga Owner", "--workspace", "Sales"]
    command = ["hastecrm", "create-owner", *account, "--password-file", "-"]
    # Refused, and rightly, where an owner has been made before.
    kubectl("-n", NAMESPACE, "exec", "-i", pod, "--", *command, check=False, stdin=owner_password())


def owner_password() -> str:
    """Return the password of the first account."""
    template = "go-template={{.data.password | base64decode}}"
    return kubectl("-n", NAMESPACE, "get", "secret", OWNER_SECRET, "-o", template)


def next_steps() -> str:
    """Return how to open the page, call the API and read the logs."""
    page = tool("devcluster", "url", str(NODE_PORT), capture=True)
    return f"""
  Open      {page}
  Sign in   as {OWNER}, with the password that `make password` prints (Secret {OWNER_SECRET})
  API       kubectl -n {NAMESPACE} port-forward svc/{NAME}-api 8000 &
            curl -H "Authorization: Bearer $(make -s token)" localhost:8000/api/v1/contacts
  Logs      kubectl -n {NAMESPACE} logs -f -l app.kubernetes.io/instance={NAME} --prefix --max-log-requests=10
            kubectl -n {SYSTEM} logs -f deployment/hastecrm-operator
  kubectl   `make shell` opens a shell where kubectl talks to this cluster
  Next      `make demo-data` adds contacts, `make status` shows all, `make down` removes everything
"""


def token() -> None:
    """Print the access token of the running CRM, and nothing else."""
    template = "go-template={{.data.accessToken | base64decode}}"
    print(kubectl("-n", NAMESPACE, "get", "secret", f"{NAME}-keys", "-o", template))


def demo_data(contacts: int) -> None:
    """Fill the running CRM with sample contacts, through a pod of its own image."""
    output = kubectl(
        "-n",
        NAMESPACE,
        "exec",
        f"deploy/{NAME}-worker",
        "--",
        "hastecrm",
        "demo",
        "--contacts",
        str(contacts),
    )
    print(output)


def run_operator() -> None:
    """Run the operator here; the one in the cluster rests until this one ends."""
    kubectl("-n", SYSTEM, "scale", "deployment/hastecrm-operator", "--replicas=0")
    environment = os.environ | {
        "HASTECRM_OPERATOR_KUBECONFIG": tool("devcluster", "kubeconfig", capture=True),
        "HASTECRM_OPERATOR_IMAGE_REPOSITORY": "localhost/hastecrm",
        "HASTECRM_OPERATOR_LOG_JSON": "false",
        "HASTECRM_OPERATOR_HOST": "127.0.0.1",
    }
    try:
        subprocess.run([str(ROOT / ".venv" / "bin" / "hastecrm-operator")], env=environment, check=False)
    except KeyboardInterrupt:
        say("stopped")
    finally:
        kubectl("-n", SYSTEM, "scale", "deployment/hastecrm-operator", "--replicas=1")


def main() -> int:
    """Do what was asked; exit 1 with one line when it cannot be done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "command", choices=["up", "install", "demo-data", "password", "token", "run-operator"]
    )
    parser.add_argument("--contacts", type=int, default=200, help="how many contacts (default 200)")
    given = parser.parse_args()
    actions = {
        "up": up,
        "install": install,
        "password": lambda: print(owner_password()),
        "token": token,
        "run-operator": run_operator,
    }
    try:
        demo_data(given.contacts) if given.command == "demo-data" else actions[given.command]()
    except QuickstartError as exc:
        print(f"\n✗ {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
