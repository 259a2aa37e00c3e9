"""Names and addresses: what each may look like, said once for the parser and for the API server."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

_LABEL: Final = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_DNS_NAME: Final = rf"{_LABEL}(\.{_LABEL})*"
_VERSION: Final = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_IPV6: Final = "[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*"  # two colons: a name with a port has one
_ENV_NAME: Final = "[A-Za-z_.-][A-Za-z0-9_.-]*"
_KEY: Final = "[A-Za-z0-9_.-]+"
_IMAGE: Final = r"[A-Za-z0-9][A-Za-z0-9._:/@-]*"


def _text(pattern: str, longest: int, sentence: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Return the two keepers of one kind of text: pydantic's and the API server's."""
    whole = re.compile(pattern)

    def checked(value: str) -> str:
        if len(value) > longest or not whole.fullmatch(value):
            raise ValueError(f"{value!r} {sentence}")
        return value

    escaped = pattern.replace("\\", "\\\\")
    rule = {"rule": f"self.matches('^({escaped})$')", "message": sentence}
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "x-kubernetes-validations": [rule]}
    return AfterValidator(checked), WithJsonSchema(schema)


DNSName = Annotated[
    str,
    *_text(_DNS_NAME, 253, "must be a DNS name of lower-case letters, digits, - and ., like crm.example.com"),
]
"""A DNS name in lower case."""

Address = Annotated[
    str,
    *_text(f"{_DNS_NAME}|{_IPV6}", 253, "must be a DNS name or an IP address, without a port"),
]
"""A DNS name or an IP address."""

ObjectName = Annotated[
    str,
    *_text(_DNS_NAME, 253, "must be the name of a Kubernetes object: lower-case letters, digits, - and ."),
]
"""The name of another object in the same namespace."""

Key = Annotated[str, *_text(_KEY, 253, "must be a key of letters, digits, -, _ and .")]
"""A key within a Secret or ConfigMap."""

EnvName = Annotated[
    str, *_text(_ENV_NAME, 253, "must be a name of letters, digits, _, - and ., and not start with a digit")
]
"""The name of an environment variable."""

Version = Annotated[str, *_text(_VERSION, 63, "must be a version of letters, digits, -, _ and ., like 1.4.2")]
"""A release, usable as an image tag and as a label."""

Image = Annotated[
    str, *_text(_IMAGE, 500, "must be an image like registry/name:tag or registry/name@sha256:digest")
]
"""A container image."""

DatabaseName = Annotated[
    str,
    *_text(
        "[A-Za-z_][A-Za-z0-9_-]*",
        63,
        "must be a name of letters, digits, _ and -, and not start with a digit",
    ),
]
"""The name of a database within a PostgreSQL server."""
