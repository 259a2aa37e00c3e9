"""What search promises to clients; `routes` keeps it, the OpenAPI document says it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.search.domain import Kind
from hastecrm.features.search.schemas import DEFAULT_LIMIT, MAX_LIMIT, MAX_TEXT, ShownResults

PATH: Final = "/api/v1/search"
_KINDS: Final = "|".join(Kind)

SEARCH = Operation(
    "search",
    "GET",
    PATH,
    "Find records by the beginnings of words",
    [Reply(200, "The best hits, the best first", ShownResults)],
    Right(Resource.CONTACT, Verb.READ),
    parameters=[
        Parameter(
            "q",
            "query",
            "Words or their beginnings, all of which must be there; or an address, or a phone number.",
            {"type": "string", "minLength": 2, "maxLength": MAX_TEXT},
        ),
        Parameter(
            "kinds",
            "query",
            "Which kinds of records, separated by commas; all of them where it is absent.",
            {"type": "string", "pattern": f"^({_KINDS})(,({_KINDS}))*$"},
        ),
        Parameter(
            "limit",
            "query",
            "How many to return.",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        ),
    ],
    codes=[Code.VALIDATION_FAILED],
    tagged=False,
)
OPERATIONS: Final = (SEARCH,)
