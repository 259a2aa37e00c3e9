"""What each exception is answered with."""

import asyncpg
import pytest
from aiohttp import web

from hastecrm.core.errors import (
    BusinessError,
    Code,
    CRMError,
    DatabaseTimeoutError,
    DatabaseUnavailableError,
    FieldProblem,
    HTTPError,
    InvalidInputError,
    SystemFaultError,
    UniqueViolationError,
    WriteConflictError,
)
from hastecrm.core.problem import Problem, as_crm_error, causes
from hastecrm.core.sqlstate import translate


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_a_code_has_an_error_status_and_a_title_of_its_own(code: Code) -> None:
    assert 400 <= code.status <= 599
    assert code.title
    assert [other for other in Code if other.title == code.title] == [code]


@pytest.mark.parametrize(
    ("prefix", "family"),
    [
        ("VALIDATION", InvalidInputError),
        ("BIZ", BusinessError),
        ("HTTP", HTTPError),
        ("SYS", SystemFaultError),
    ],
)
def test_each_family_has_a_code_of_its_own_layer_by_default(prefix: str, family: type[CRMError]) -> None:
    assert family("why").code.name.startswith(prefix)


def test_only_what_passes_by_itself_is_worth_repeating() -> None:
    retryable = {code.name for code in Code if code.retryable}

    passing = {code.name for code in Code if code.status in {408, 429, 503, 504}}
    by_hand = {"SYS_MAIL_UNAVAILABLE", "SYS_AI_UNAVAILABLE"}  # someone has to set them up
    assert retryable == passing - by_hand | {"BIZ_IDEMPOTENCY_IN_PROGRESS"}


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (asyncpg.UniqueViolationError("x"), UniqueViolationError),
        (asyncpg.QueryCanceledError("x"), DatabaseTimeoutError),
        (TimeoutError(), DatabaseTimeoutError),
        (asyncpg.DeadlockDetectedError("x"), WriteConflictError),
        (asyncpg.SerializationError("x"), WriteConflictError),
        (asyncpg.TooManyConnectionsError("x"), DatabaseUnavailableError),
        (asyncpg.AdminShutdownError("x"), DatabaseUnavailableError),
        (asyncpg.ConnectionDoesNotExistError("x"), DatabaseUnavailableError),
        (asyncpg.InterfaceError("connection is closed"), DatabaseUnavailableError),
        (ConnectionResetError(), DatabaseUnavailableError),
        (asyncpg.CharacterNotInRepertoireError("x"), InvalidInputError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_postgres_says_becomes_an_error_of_ours(raised: Exception, error: type[CRMError]) -> None:
    assert type(translate(raised)) is error


@pytest.mark.parametrize(
    "state",
    [
        "08000",
        "08006",
        "28P01",
        "3D000",
        "53100",
        "53200",
        "53300",
        "57P02",
        "57P03",
        "57P04",
        "57P05",
        "58030",
    ],
)
def test_whatever_keeps_the_server_from_answering_is_weather(state: str) -> None:
    refused = asyncpg.PostgresError.new({"C": state, "M": "no"})

    assert type(translate(refused)) is DatabaseUnavailableError


@pytest.mark.parametrize("bug", [asyncpg.UndefinedTableError("x"), asyncpg.DataError("x"), KeyError("x")])
def test_a_bug_is_not_taken_for_weather(bug: Exception) -> None:
    assert translate(bug) is None


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (web.HTTPNotFound(), Code.HTTP_NOT_FOUND),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), Code.HTTP_METHOD_NOT_ALLOWED),
        (web.HTTPRequestEntityTooLarge(1), Code.HTTP_TOO_LARGE),
        (web.HTTPExpectationFailed(), Code.HTTP_REJECTED),
        (web.RequestPayloadError("x"), Code.HTTP_BAD_REQUEST),
        (KeyError("secret"), Code.SYS_UNEXPECTED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_every_exception_has_an_answer(raised: Exception, code: Code) -> None:
    error = as_crm_error(raised)

    assert error.code is code
    assert "secret" not in error.detail


def test_a_status_without_a_code_of_its_own_is_kept() -> None:
    assert as_crm_error(web.HTTPExpectationFailed()).status == 417


def test_the_body_has_every_member() -> None:
    error = InvalidInputError("Look again.", errors=[FieldProblem("/a~1b", "is wrong")], retry_after=7)
    problem = Problem(error, instance="/x", request_id="id-12345", causes=("KeyError: 'x'",))

    assert problem.headers() == {"Retry-After": "7"}
    assert problem.as_json() == {
        "type": "/problems/validation_failed",
        "title": "Some values are not valid",
        "status": 422,
        "detail": "Look again.",
        "instance": "/x",
        "code": "VALIDATION_FAILED",
        "request_id": "id-12345",
        "errors": [{"pointer": "/a~1b", "detail": "is wrong"}],
        "retryable": False,
        "retry_after": 7,
        "causes": ["KeyError: 'x'"],
    }


def test_the_chain_of_causes_is_told_outermost_first() -> None:
    outer = ValueError("outer")
    outer.__cause__ = KeyError("inner")

    assert list(causes(outer)) == ["ValueError: outer", "KeyError: 'inner'"]
