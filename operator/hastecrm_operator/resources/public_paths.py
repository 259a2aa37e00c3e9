"""Which tier answers which path of the public name."""

from typing import NamedTuple

from hastecrm_operator.api import names


class PublicPath(NamedTuple):
    """All paths below `path` (or, if `exact`, this one alone) and the component that answers them."""

    path: str
    component: str
    exact: bool = False


PUBLIC_PATHS = (
    PublicPath("/api", names.API),
    PublicPath("/graphql", names.API),
    PublicPath("/docs", names.API),
    PublicPath("/openapi.json", names.API, exact=True),
    PublicPath("/problems", names.API),
    PublicPath("/", names.WEB),
)
