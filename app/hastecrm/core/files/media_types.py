"""What a file is, by its first bytes; its name only chooses among what these can be. No I/O here.

A small table of our own: libraries for this fall back on the name where they know no better, which is what a
liar wants.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hastecrm.core.errors import FieldProblem, InvalidInputError

HEAD: Final = 4096  # bytes that are looked at
UNKNOWN: Final = "application/octet-stream"
_ZIP, _OLE = "application/zip", "application/x-ole-storage"
# Offset, what stands there, and what it is then.
_SIGNS: Final[Sequence[tuple[int, bytes, str]]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"PK\x03\x04", _ZIP),
    (0, b"PK\x05\x06", _ZIP),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
)
_PROGRAMS: Final = (
    b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"\x00asm", b"dex\n", b"!<arch>\n", b"L\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
_PROGRAM_NAMES: Final = frozenset(
    (
        *(
            "apk",
            "app",
            "bat",
            "chm",
            "cmd",
            "com",
            "cpl",
            "deb",
            "dll",
            "dmg",
            "exe",
            "hta",
            "img",
            "iso",
            "jar",
        ),
        *(
            "js",
            "jse",
            "lnk",
            "msc",
            "msi",
            "msix",
            "pif",
            "ps1",
            "psm1",
            "reg",
            "rpm",
            "scr",
            "sh",
            "sys",
            "vb",
        ),
        *("vbe", "vbs", "wsf", "wsh"),
    )
)
_OPENDOCUMENT: Final = "application/vnd.oasis.opendocument."
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
# What the name chooses, where the content is the left one.
_REFINED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        _ZIP: {
            "docx": f"{_OFFICE}wordprocessingml.document",
            "xlsx": f"{_OFFICE}spreadsheetml.sheet",
            "pptx": f"{_OFFICE}presentationml.presentation",
            "odt": f"{_OPENDOCUMENT}text",
            "ods": f"{_OPENDOCUMENT}spreadsheet",
            "odp": f"{_OPENDOCUMENT}presentation",
            "epub": "application/epub+zip",
        },
        _OLE: {
            "doc": "application/msword",
            "xls": "application/vnd.ms-excel",
            "ppt": "application/vnd.ms-powerpoint",
            "msg": "application/vnd.ms-outlook",
        },
        "text/plain": {
            "csv": "text/csv",
            "md": "text/markdown",
            "ics": "text/calendar",
            "vcf": "text/vcard",
            "json": "application/json",
            "xml": "application/xml",
            "eml": "message/rfc822",
            "html": "text/html",
            "htm": "text/html",
            "svg": "image/svg+xml",
        },
    }
)
# A name that ends so promises this content.
_PROMISED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "png": "image/png",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "gif": "image/gif",
        "webp": "image/webp",
        "pdf": "application/pdf",
        "zip": _ZIP,
        **{ending: base for base in (_ZIP, _OLE) for ending in _REFINED[base]},
    }
)
# What a browser would run or render as a page.
_ACTIVE: Final = frozenset({"text/html", "image/svg+xml", "application/xml"})


def media_type_of(name: str, head: bytes) -> str:
    """Return the media type of a file by its first bytes.

    Raises `InvalidInputError` for programs, and for content that is not what the name promises.
    """
    if is_program_name(name) or head.startswith(_PROGRAMS) or _is_windows_program(head):
        raise _refused("is a program; pack it into an archive if it has to be kept here")
    ending, found = _ending(name), _found(head)
    if head and not _keeps(_PROMISED.get(ending, found), found):
        raise _refused(f"is named .{ending}, but its content is {found}")
    return _REFINED.get(found, {}).get(ending, found)


def is_program_name(name: str) -> bool:
    """Whether a computer would run a file of this name."""
    return _ending(name) in _PROGRAM_NAMES


def served_type(media_type: str) -> str:
    """Return the media type that a file is served with: nothing that a browser would run."""
    return UNKNOWN if media_type in _ACTIVE else media_type


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _keeps(promised: str, found: str) -> bool:
    # Telephones and websites often call one kind of picture by the name of another.
    return promised == found or (promised.startswith("image/") and found.startswith("image/"))


def _found(head: bytes) -> str:
    for offset, sign, media_type in _SIGNS:
        if head.startswith(sign, offset):
            return media_type
    return "text/plain" if _is_text(head) else UNKNOWN


def _is_windows_program(head: bytes) -> bool:
    at = int.from_bytes(head[60:64], "little")
    return head.startswith(b"MZ") and head[at : at + 2] in (b"PE", b"NE", b"LE", b"LX")


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head[:HEAD].decode()
    except UnicodeDecodeError as exc:
        return exc.start >= HEAD - 4 and exc.reason == "unexpected end of data"
    return True


def _refused(why: str) -> InvalidInputError:
    return InvalidInputError(f"The file {why}.", errors=[FieldProblem("", why)])
