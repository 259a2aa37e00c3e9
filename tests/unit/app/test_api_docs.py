"""Every operation has a page that says all of it, found by any of its words, with a request that is valid."""

import json
import re
import shlex

import pytest
from pydantic import BaseModel, ValidationError

from hastecrm.core.api_docs.curl import curl
from hastecrm.core.api_docs.page import POLICY, index, one
from hastecrm.core.api_docs.reading import Book
from hastecrm.core.service_contract import OPERATIONS as OF_THE_SERVICE
from hastecrm.main.contract import OPERATIONS, api_document

BOOK = Book.of(api_document())
BODIES = {each.name: each.body for each in OPERATIONS if each.body is not None}


def wrong(model: type[BaseModel], body: object) -> set[str]:
    try:
        model.model_validate(body)
    except ValidationError as exc:
        return {error["type"] for error in exc.errors()}
    return set()


def test_every_operation_is_on_the_list_and_has_a_page() -> None:
    listed = index(BOOK, "")

    for promised in (*OPERATIONS, *OF_THE_SERVICE):
        operation = BOOK.operation(promised.name)
        assert operation is not None
        assert f'href="/docs/{promised.name}"' in listed
        page = one(BOOK, operation)
        for parameter in promised.all_parameters:
            assert f"<code>{parameter.name}</code>" in page
        for code in promised.all_codes:
            assert f'href="/problems/{code.name.lower()}">{code.name}</a>' in page


@pytest.mark.parametrize("name", sorted(BODIES))
def test_the_body_of_an_example_is_one_that_the_operation_takes(name: str) -> None:
    operation = BOOK.operation(name)
    assert operation is not None
    words = shlex.split(curl(operation).replace("\\\n", ""))
    if "-d" not in words:
        return
    body = json.loads(words[words.index("-d") + 1])

    # What only a rule of the code knows (an address of mail, a cron line) no schema can show.
    assert wrong(BODIES[name], body) <= {"value_error", "string_pattern_mismatch"}, body


@pytest.mark.parametrize(
    ("query", "there", "missing"),
    [
        ("won_reason", "moveDeal", "listContacts"),
        ("GET board", "getBoard", "moveDeal"),
        ("stage_entered nowhere", None, "moveDeal"),
    ],
)
def test_a_search_finds_what_says_all_its_words(query: str, there: str | None, missing: str) -> None:
    page = index(BOOK, query)

    assert there is None or f'/docs/{there}"' in page
    assert f'/docs/{missing}"' not in page


def test_what_was_searched_for_is_shown_as_text() -> None:
    page = index(BOOK, '"><script>alert(1)</script>')

    assert "<script" not in page
    assert 'value="&quot;&gt;&lt;script&gt;' in page


def test_a_page_needs_nothing_but_itself() -> None:
    page = index(BOOK, "")

    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert " style=" not in page
    assert "script-src" not in POLICY
    assert "default-src 'none'" in POLICY
