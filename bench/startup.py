"""How long a process takes to import one of the two programs."""

import json
import subprocess
from collections.abc import Iterator

from cluster import OPERATOR, ROOT, SYSTEM
from figures import IMPORTS, Figure
from installation import NAME, Installation

GOAL = 0.8  # seconds
APP, OPERATOR_MODULE = "hastecrm.main", "hastecrm_operator.main"
NOTE = """\
In the development environment Kopf and structlog find packages that the images do not have (`kubernetes`,
`rich`: tests and tools use them) and import them as well."""

# Runs where the program runs; bare interpreters and imports take turns, so that both meet the same load.
_PROBE = """
import json, resource, subprocess, sys, time
def cost(code):
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
def pair():
    (bare_wall, bare_cpu), (wall, cpu) = cost("pass"), cost("import " + sys.argv[1])
    return wall - bare_wall, cpu - bare_cpu
pair()
print(json.dumps([pair() for _ in range(int(sys.argv[2]))]))
"""


def figures(installation: Installation, runs: int) -> Iterator[Figure]:
    """Measure both programs in their images, where it matters, and in the development environment."""
    worker = ("-n", installation.namespace, "exec", f"deploy/{NAME}-worker", "--", "python3")
    operator = ("-n", SYSTEM, "exec", OPERATOR, "--", "python3")
    for module, where in ((APP, worker), (OPERATOR_MODULE, operator)):
        output = installation.cluster.kubectl(*where, "-c", _PROBE, module, str(runs))
        wall, cpu = zip(*json.loads(output), strict=True)
        yield Figure(IMPORTS, f"`{module}` in its image", wall, "s", GOAL)
        yield Figure(IMPORTS, "… of it, CPU time", cpu, "s")
    for module in (APP, OPERATOR_MODULE):
        command = [str(ROOT / ".venv" / "bin" / "python"), "-c", _PROBE, module, str(runs)]
        samples = json.loads(subprocess.run(command, check=True, text=True, capture_output=True).stdout)
        yield Figure(
            IMPORTS, f"`{module}` in the development environment", [w for w, _ in samples], "s", note=NOTE
        )
