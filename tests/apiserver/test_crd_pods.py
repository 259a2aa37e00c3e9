"""The real API server refuses bad configuration and bad pods with a sentence."""

from typing import Any

import pytest
from tests.apiserver.test_crd import manifest, refusal
from tests.factories.bad_pods import BAD


@pytest.mark.parametrize(("spec", "field", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_object_is_refused_with_a_sentence(
    kubeconfig: str, crds: None, spec: dict[str, Any], field: str, sentence: str
):
    assert sentence in refusal(kubeconfig, manifest("default", **spec))
