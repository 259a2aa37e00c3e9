"""Memory against the nearest limit, by what kernels say: cgroup v2, v1, hybrid, and no limit at all."""

from collections.abc import Mapping

import pytest

from hastecrm.core.memory import Memory, memory, read_file, resident_bytes

GIB = 1024**3
SMALL = 268435456
USED_V2, USED_V1 = 91234304 - 9736192, 149938176 - 58785792
UNLIMITED = "9223372036854771712\n"
MEMINFO = """\
MemTotal:       24684084 kB
MemFree:        18501072 kB
MemAvailable:   22437388 kB
Buffers:          120048 kB
"""
HOST = Memory((24684084 - 22437388) * 1024, 24684084 * 1024, "host")

# As a pod of a cluster with cgroup v2 sees it: in a namespace of its own, so its cgroup is the root.
STAT_V2 = """\
anon 61341696
file 25980928
kernel 2859008
kernel_stack 98304
pagetables 557056
sock 4096
shmem 0
file_mapped 13516800
file_dirty 0
inactive_anon 61304832
active_anon 8192
inactive_file 9736192
active_file 16244736
unevictable 0
slab 1540984
"""
IN_POD_V2 = {
    "/proc/self/cgroup": "0::/\n",
    "/proc/meminfo": MEMINFO,
    "/sys/fs/cgroup/memory.max": "268435456\n",
    "/sys/fs/cgroup/memory.current": "91234304\n",
    "/sys/fs/cgroup/memory.stat": STAT_V2,
}
# As a service of systemd sees it: the limit may be set on any level above it.
BELOW_A_SLICE = {
    "/proc/self/cgroup": "0::/crm.slice/hastecrm.service\n",
    "/proc/meminfo": MEMINFO,
    "/sys/fs/cgroup/crm.slice/memory.max": "536870912\n",
    "/sys/fs/cgroup/crm.slice/memory.current": "400000000\n",
    "/sys/fs/cgroup/crm.slice/hastecrm.service/memory.max": "max\n",
    "/sys/fs/cgroup/crm.slice/hastecrm.service/memory.current": "91234304\n",
    "/sys/fs/cgroup/crm.slice/hastecrm.service/memory.stat": STAT_V2,
}
# Recorded on a host with both versions mounted, memory under version 1.
STAT_V1 = """\
cache 128897024
rss 2289664
inactive_file 58785792
active_file 70103040
unevictable 0
hierarchical_memory_limit {limit}
hierarchical_memsw_limit 9223372036854771712
total_cache 128897024
total_rss 2289664
total_inactive_anon 2174976
total_active_anon 8192
total_inactive_file 58785792
total_active_file 70103040
total_unevictable 0
"""
GROUPS_V1 = """\
9:name=systemd:/
8:pids:/
7:blkio:/
4:memory:/kubepods/burstable/pod1/0815
3:cpuset:/
2:cpu,cpuacct:/
0::/
"""
POD_V1 = "/sys/fs/cgroup/memory/kubepods/burstable/pod1/0815"
ON_HOST_V1 = {
    "/proc/self/cgroup": GROUPS_V1,
    "/proc/meminfo": MEMINFO,
    f"{POD_V1}/memory.limit_in_bytes": UNLIMITED,
    f"{POD_V1}/memory.usage_in_bytes": "149938176\n",
    f"{POD_V1}/memory.stat": STAT_V1.format(limit=UNLIMITED.strip()),
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED,
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "5019480064\n",
}
# The container's cgroup is mounted as the root, while its path is still the host's.
IN_POD_V1 = {
    "/proc/self/cgroup": GROUPS_V1,
    "/proc/meminfo": MEMINFO,
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "149938176\n",
    "/sys/fs/cgroup/memory/memory.stat": STAT_V1.format(limit="268435456"),
}
LIMIT_ABOVE_V1 = {**ON_HOST_V1, f"{POD_V1}/memory.stat": STAT_V1.format(limit="536870912")}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(IN_POD_V2, Memory(USED_V2, SMALL, "cgroup v2"), id="v2 in a pod"),
        pytest.param(BELOW_A_SLICE, Memory(USED_V2, 2 * SMALL, "cgroup v2"), id="v2, limit above"),
        pytest.param(IN_POD_V1, Memory(USED_V1, SMALL, "cgroup v1"), id="v1 in a pod"),
        pytest.param(LIMIT_ABOVE_V1, Memory(USED_V1, 2 * SMALL, "cgroup v1"), id="v1, limit above"),
        pytest.param(ON_HOST_V1, HOST, id="v1 without a limit"),
        pytest.param({**IN_POD_V2, "/sys/fs/cgroup/memory.max": "max\n"}, HOST, id="v2 without a limit"),
        pytest.param({"/proc/self/cgroup": "0::/\n", "/proc/meminfo": MEMINFO}, HOST, id="no cgroup files"),
        pytest.param({"/proc/meminfo": MEMINFO}, HOST, id="no cgroups"),
        pytest.param(
            {**IN_POD_V2, "/proc/self/cgroup": "0::/../../other\n"},
            Memory(USED_V2, SMALL, "cgroup v2"),
            id="path of another namespace",
        ),
        pytest.param({}, Memory(0, 0, "host"), id="nothing can be read"),
    ],
)
def test_memory_is_what_is_in_use_of_the_nearest_limit(files: Mapping[str, str], expected: Memory) -> None:
    assert memory(files.get) == expected


def test_a_limit_above_the_host_s_memory_is_none() -> None:
    assert memory({**IN_POD_V2, "/sys/fs/cgroup/memory.max": str(64 * GIB)}.get).source == "host"


@pytest.mark.parametrize("text", ["", "\n", "-1", "1e9", "many", "memory.max 1", "١٢"])
def test_a_file_that_is_not_as_expected_is_no_limit(text: str) -> None:
    files = dict.fromkeys(IN_POD_V2, text) | {"/proc/meminfo": MEMINFO, "/proc/self/cgroup": "0::/\n"}

    assert memory(files.get) == HOST


def test_on_this_machine_something_is_known() -> None:
    found = memory(read_file)

    assert 0 < found.used < found.limit
    assert 0 < found.share < 1
    assert 1_000_000 < resident_bytes() < found.limit
    assert read_file("/nowhere") is None
