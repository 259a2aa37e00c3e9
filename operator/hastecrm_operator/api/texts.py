"""Names and addresses: what each may look like, said once for the parser and for the API server."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

_LABEL: Final = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_DNS_NAME: Final = rf"{_LABEL}(\.{_LABEL})*"
_VERSION: Final = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_IPV6: Final = "[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*"  # two colons: a name with a port has one
_ENV_NAME: Final = "[A-Za-z_.-][A-Za-z0-9_.-]*"
_KEY: Final = "[A-Za-z0-9_.-]+"
_IMAGE: Final = r"[A-Za-z0-9][A-Za-z0-9._:/@-]*"


def text(pattern: str, longest: int, sentence: str) -> tuple[AfterValidator, WithJsonSchema]:
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
    *text(_DNS_NAME, 253, "must be a DNS name of lower-case letters, digits, - and ., like crm.example.com"),
]
"""A DNS name in lower case."""

Address = Annotated[
    str,
    *text(f"{_DNS_NAME}|{_IPV6}", 253, "must be a DNS name or an IP address, without a port"),
]
"""A DNS name or an IP address."""

ObjectName = Annotated[
    str,
    *text(_DNS_NAME, 253, "must be the name of a Kubernetes object: lower-case letters, digits, - and ."),
]
"""The name of another object in the same namespace."""

Key = Annotated[str, *text(_KEY, 253, "must be a key of letters, digits, -, _ and .")]
"""A key within a Secret or ConfigMap."""

EnvName = Annotated[
    str, *text(_ENV_NAME, 253, "must be a name of letters, digits, _, - and ., and not start with a digit")
]
"""The name of an environment variable."""

Version = Annotated[str, *text(_VERSION, 63, "must be a version of letters, digits, -, _ and ., like 1.4.2")]
"""A release, usable as an image tag and as a label."""

Image = Annotated[
    str, *text(_IMAGE, 500, "must be an image like registry/name:tag or registry/name@sha256:digest")
]
"""A container image."""

DatabaseName = Annotated[
    str,
    *text(
        "[A-Za-z_][A-Za-z0-9_-]*",
        63,
        "must be a name of letters, digits, _ and -, and not start with a digit",
    ),
]
"""The name of a database within a PostgreSQL server."""

Rate = Annotated[
    str,
    *text(
        "[1-9][0-9]{0,5}r/[smh]|off",
        10,
        "must be a rate per second, minute or hour, like 10r/s, 5r/m or 100r/h, or off",
    ),
]
"""How many in which time, or no limit."""

Origin = Annotated[
    str,
    *text(
        rf"https?://{_DNS_NAME}(:[0-9]{{1,5}})?",
        300,
        "must be an origin like https://portal.example.com: no path, and no * (calls carry credentials)",
    ),
]
"""Scheme, host and port of a page."""

URL = Annotated[
    str,
    *text(rf"https?://{_DNS_NAME}(:[0-9]{{1,5}})?/?", 300, "must be an address like https://s3.example.com"),
]
"""The address of a server."""

MailAddress = Annotated[
    str, *text(rf"[A-Za-z0-9._%+-]{{1,64}}@{_DNS_NAME}", 254, "must be a mail address like crm@example.com")
]
"""The address of a sender."""

ProviderName = Annotated[
    str, *text("[a-z][a-z0-9-]{0,30}", 31, "must be a name of lower-case letters, digits and -, like google")
]
"""A name that stands in URLs."""

ContainerName = Annotated[
    str, *text(_LABEL, 63, "must be the name of a container: lower-case letters, digits and -")
]
"""The name of a container or volume of a pod."""

AnnotationValue = Annotated[str, Field(max_length=4096)]
"""The value of a label or annotation."""

BucketName = Annotated[
    str,
    *text(
        "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        63,
        "must be the name of a bucket: lower-case letters, digits, - and .",
    ),
]
"""The name of an S3 bucket."""

ObjectKey = Annotated[
    str, *text("[A-Za-z0-9_./-]+", 500, "must be a prefix of letters, digits, / and - _ . like acme/")
]
"""A part of the key of an object in a bucket."""

Region = Annotated[str, *text("[a-z0-9-]{1,32}", 32, "must be a region like eu-central-1")]
"""A region of an object store."""

ParameterName = Annotated[
    str, *text("[a-z_][a-z0-9_.]*", 63, "must be named as in postgresql.conf, like work_mem")
]
"""The name of a setting of PostgreSQL."""

Parameter = Annotated[
    str,
    *text(
        "[A-Za-z0-9_.,:/%+*=@-]+",
        200,
        "must be a value as in postgresql.conf, without blanks or quotes, like 16MB",
    ),
]
"""The value of a setting of PostgreSQL."""
