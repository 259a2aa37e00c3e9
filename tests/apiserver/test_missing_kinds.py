"""How a real API server says that it has no such kind."""

import pytest

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.api import names
from hastecrm_operator.engine.errors import KindNotInstalledError, NotFoundError
from hastecrm_operator.engine.kinds import CONFIG_MAP, Kind

MISSING = [
    pytest.param(Kind("example.org", "v1", "things", "Thing", provider="Things"), id="group"),
    pytest.param(Kind(names.GROUP, names.VERSION, "things", "Thing", provider="Things"), id="resource"),
    pytest.param(Kind("apps", "v9", "deployments", "Deployment", provider="Things"), id="version"),
]


@pytest.mark.parametrize("kind", MISSING)
async def test_a_missing_kind_is_told_from_a_missing_object(
    cluster: KubernetesCluster, namespace: str, kind: Kind
):
    with pytest.raises(KindNotInstalledError, match="install Things"):
        _ = [page async for page in cluster.list_pages(kind, "", "")]
    with pytest.raises(KindNotInstalledError):
        await cluster.get(kind, namespace, "a")


async def test_a_missing_namespace_is_no_missing_kind(cluster: KubernetesCluster):
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "nowhere"}}

    with pytest.raises(NotFoundError) as caught:
        await cluster.apply(manifest)
    assert not isinstance(caught.value, KindNotInstalledError)
    with pytest.raises(NotFoundError) as caught:
        await cluster.get(CONFIG_MAP, "nowhere", "a")
    assert not isinstance(caught.value, KindNotInstalledError)
