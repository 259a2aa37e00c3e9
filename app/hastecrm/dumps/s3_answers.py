"""What a store answers: lists, and errors as ours. No I/O here but reading the answer."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp_s3_client.client import AwsDownloadError, AwsError

from hastecrm.dumps.destination import Entry
from hastecrm.dumps.errors import (
    BucketMissingError,
    DestinationDeniedError,
    DestinationFailedError,
    DestinationFullError,
    DestinationUnreachableError,
    DumpError,
    DumpMissingError,
    TLSFailedError,
)

_CODE = re.compile(r"<Code>(\w+)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,300})</Message>")
_FULL = re.compile(r"StorageFull|Quota|InsufficientCapacity|InsufficientStorage|EntityTooLarge|NoSpace")
_DENIED = re.compile(r"AccessDenied|AccessKey|Signature|UserNotFound|Forbidden|Expired|Token")
_HTTP_FULL = 507


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was begun and not finished."""

    path: str
    id: str


async def checked(response: aiohttp.ClientResponse) -> None:
    """Raise `AwsError` with the store's own words unless it did what was asked."""
    if response.status >= 400:
        raise AwsDownloadError(response, (await response.read())[:4096].decode(errors="replace"))


def objects_of(answer: bytes, prefix: str) -> tuple[list[Entry], str | None]:
    """Return the objects of one page, keys without the prefix, and the token of the next page."""
    root = _parsed(answer)
    entries = [
        Entry(
            _text(each, "Key").removeprefix(prefix),
            int(_text(each, "Size")),
            datetime.fromisoformat(_text(each, "LastModified")),
        )
        for each in root.iterfind("{*}Contents")
    ]
    return entries, root.findtext("{*}NextContinuationToken")


def uploads_of(answer: bytes) -> list[Upload]:
    """Return the unfinished uploads of one page."""
    return [
        Upload(_text(each, "Key"), _text(each, "UploadId")) for each in _parsed(answer).iterfind("{*}Upload")
    ]


def _parsed(answer: bytes) -> ET.Element:
    try:
        return ET.fromstring(answer)  # noqa: S314 - from the store that holds the dumps; expat limits expansion
    except ET.ParseError as exc:
        raise DestinationFailedError(
            "the endpoint answers, but not as an S3 store does: check HASTECRM_BACKUP_S3_ENDPOINT"
        ) from exc


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""


@contextmanager
def told(address: str, key: str) -> Iterator[None]:
    """Raise our errors in place of the HTTP client's."""
    try:
        yield
    except AwsError as exc:
        _refused(address, key, exc)
    except (aiohttp.ClientSSLError, ssl.SSLError) as exc:
        raise TLSFailedError(
            f"{address}: {_said(exc)}; name the authority to trust in HASTECRM_BACKUP_S3_CA_FILE"
        ) from exc
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise DestinationUnreachableError(
            f"{address} does not answer: {_said(exc)}; check HASTECRM_BACKUP_S3_ENDPOINT and the network"
        ) from exc


def _refused(address: str, key: str, exc: AwsError) -> NoReturn:
    said = str(exc.message)
    code, text = _CODE.search(said), _MESSAGE.search(said)
    name = code[1] if code else f"HTTP {exc.status}"
    why = f"{name}: {text[1]}" if text else name
    raise _kind(name, exc.status, address, key, why) from exc


def _kind(name: str, status: int, address: str, key: str, why: str) -> DumpError:
    if name == "NoSuchBucket":
        return BucketMissingError(f"{address}: no such bucket; make it or correct HASTECRM_BACKUP_S3_BUCKET")
    if status == _HTTP_FULL or _FULL.search(name):
        return DestinationFullError(f"{address}{key}: {why}; give it more room or keep fewer dumps")
    if status in {401, 403} or _DENIED.search(name):
        return DestinationDeniedError(
            f"{address}{key}: {why}; check HASTECRM_BACKUP_S3_ACCESS_KEY_ID, its secret and the policy"
        )
    if name in {"NoSuchKey", "HTTP 404"}:
        return DumpMissingError(f"{address}{key} does not exist")
    if status in {301, 307, 400} and ("Region" in name or "Redirect" in name or "Malformed" in name):
        return DestinationFailedError(f"{address}{key}: {why}; check HASTECRM_BACKUP_S3_REGION")
    return DestinationFailedError(f"{address}{key}: {why}")


def _said(exc: BaseException) -> str:
    return str(exc).strip() or type(exc).__name__
