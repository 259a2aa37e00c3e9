"""The pages themselves, as HTML. No I/O here."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from hastecrm.core.api_docs.curl import curl
from hastecrm.core.api_docs.reading import Book, Described, Field
from hastecrm.core.problem import TYPES

PATH: Final = "/docs"
_STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--dim:#888;--mark:#2563eb}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
a{color:var(--mark)}code,pre{font:14px/1.5 ui-monospace,monospace}
pre{border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow:auto}
table{border-collapse:collapse;width:100%}th,td{border-top:1px solid var(--line);padding:.4rem .6rem .4rem 0;
text-align:left;vertical-align:top}
input{font:inherit;padding:.4rem .6rem;width:min(28rem,70%)}button{font:inherit;padding:.4rem .8rem}
.dim{color:var(--dim)}ul{list-style:none;padding:0}li{padding:.15rem 0}
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
<header><p><a href="{path}">HasteCRM API</a> <span class="dim">{version}</span></p>
<form action="{path}" role="search"><input type="search" name="q" aria-label="Search" maxlength="100"
placeholder="a word of a name, a path, a field" value="{query}"> <button>Search</button></form></header>
<main>
{body}
</main>
</html>
"""
_ABOUT: Final = (
    "<p>Set <code>CRM</code> to the address of the CRM and <code>KEY</code> to an API key, then run what is "
    'shown. The same as a document for programs: <a href="/openapi.json">OpenAPI 3.1</a>. '
    f'<a href="{TYPES}">All errors</a>.</p>'
)
_QUOTED: Final = re.compile("`([^`]*)`")
_CODE: Final = re.compile(r"`([A-Z]+_[A-Z_]+)`")


def index(book: Book, query: str) -> str:
    """Return the page that lists the operations which say all words of a query."""
    found = book.found(query)
    count = sum(len(each) for each in found.values())
    told = "" if not query else f"<p>{count} found for “{escape(query)}”.</p>"
    title = "API of HasteCRM"
    lists = "".join(_list(tag, each) for tag, each in sorted(found.items()))
    return _whole(book, title, f"<h1>{title}</h1>{_ABOUT}{told}{lists}", query)


def one(book: Book, operation: Described) -> str:
    """Return the page of an operation."""
    address = f"{operation.method} {operation.path}"
    parts = [
        f"<h1>{_text(operation.shown['summary'])}</h1>",
        f'<p><code>{escape(address)}</code> <span class="dim">{escape(operation.name)}</span></p>',
        f"<h2>Try it</h2><pre>{escape(curl(operation))}</pre>",
        *_parameters(operation),
        *_body(operation),
        *_replies(operation),
    ]
    return _whole(book, address, "\n".join(parts))


def _whole(book: Book, title: str, body: str, query: str = "") -> str:
    told = {"title": escape(title), "version": escape(book.version), "query": escape(query)}
    return _PAGE.format(style=_STYLE, path=PATH, body=body, **told)


def _list(tag: str, operations: Iterable[Described]) -> str:
    lines = (
        f'<li><a href="{PATH}/{escape(each.name)}"><code>{escape(f"{each.method} {each.path}")}</code></a> '
        f"{_text(each.shown['summary'])}</li>"
        for each in operations
    )
    return f"<h2>{escape(tag)}</h2><ul>{''.join(lines)}</ul>"


def _parameters(operation: Described) -> Iterator[str]:
    if not operation.shown["parameters"]:
        return
    yield "<h2>Parameters</h2>"
    yield _table(
        (f"<code>{escape(each['name'])}</code> <span class=\"dim\">{escape(each['in'])}</span>",
         escape(operation.type_of(each["schema"])), _text(each["description"]))
        for each in operation.shown["parameters"]
    )  # fmt: skip


def _body(operation: Described) -> Iterator[str]:
    if operation.body is None:
        return
    kind, schema = operation.body
    yield f"<h2>Body</h2><p><code>{escape(kind)}</code></p>"
    yield _fields(operation.fields(schema))


def _replies(operation: Described) -> Iterator[str]:
    yield "<h2>Answers</h2>"
    for status, reply in operation.replies():
        yield f"<h3>{escape(status)}</h3><p>{_text(reply['description'])}</p>"
        for content in reply.get("content", {}).values() if status < "300" else ():
            yield _fields(operation.fields(content["schema"]))


def _fields(fields: Sequence[Field]) -> str:
    if not fields:
        return ""
    return _table(
        (f"<code>{escape(each.name)}</code>{' <strong>required</strong>' if each.required else ''}",
         escape(each.type), _text(each.description))
        for each in fields
    )  # fmt: skip


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _text(value: object) -> str:
    """Return a description: codes of errors lead to what they mean."""
    linked = _CODE.sub(lambda code: f'<a href="{TYPES}/{code[1].lower()}">{code[1]}</a>', escape(str(value)))
    return _QUOTED.sub(r"<code>\1</code>", linked)
