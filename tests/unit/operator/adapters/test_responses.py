"""An answer of the API server says what the engine does next: try again, or tell a person."""

import pytest

from hastecrm_operator.adapters.responses import refusal
from hastecrm_operator.engine.errors import RejectedError, UnavailableError
from hastecrm_operator.engine.kinds import DEPLOYMENT


def test_a_field_of_the_wrong_type_is_a_refusal_although_the_status_says_server_error():
    told = "(sales/acme-web; apps/v1, Kind=Deployment): .spec.template.spec.x: expected string, got false"

    error = refusal(500, {"message": f"failed to create typed patch object {told}"}, DEPLOYMENT)

    assert isinstance(error, RejectedError)
    assert error.message == told


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_whatever_may_pass_by_itself_is_tried_again(status: int):
    assert isinstance(refusal(status, {"message": "etcdserver: no leader"}, DEPLOYMENT), UnavailableError)
