"""The real API server refuses bad configuration and bad pods with a sentence."""

from typing import Any

import pytest
from tests.apiserver.objects import manifest, tried
from tests.factories.bad_pods import BAD

from hastecrm_operator.adapters.kubernetes import KubernetesCluster


@pytest.mark.parametrize(("spec", "field", "sentence"), BAD.values(), ids=BAD)
async def test_a_bad_object_is_refused_with_a_sentence(
    cluster: KubernetesCluster, spec: dict[str, Any], field: str, sentence: str
):
    answer = await tried(cluster, manifest("default", **spec))

    assert answer
    assert sentence in answer
