"""The API's contract: one declaration for the route, the document and the errors."""

import re

import pytest

from hastecrm.core.codes import Code
from hastecrm.core.openapi import document
from hastecrm.core.operations import ALWAYS, WITH_BODY, Operation
from hastecrm.main.contract import OPERATIONS, api_document

SPOKEN = [pytest.param(operation, id=operation.name) for operation in OPERATIONS]


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("operation", SPOKEN)
def test_an_operation_documents_each_of_its_answers(operation: Operation) -> None:
    whole = api_document()
    shown = whole["paths"][operation.path][operation.method.lower()]["responses"]
    problems = whole["components"]["responses"]

    wanted = {str(reply.status) for reply in operation.all_replies}
    wanted |= {str(code.status) for code in operation.all_codes}
    assert set(shown) == wanted
    for code in operation.all_codes:
        named = problems[shown[str(code.status)]["$ref"].rpartition("/")[2]]
        schema = named["content"]["application/problem+json"]["schema"]
        assert code.name in schema["allOf"][1]["properties"]["code"]["enum"]


@pytest.mark.parametrize("operation", SPOKEN)
def test_what_is_variable_in_a_path_is_a_declared_parameter(operation: Operation) -> None:
    variable = re.findall(r"\{(\w+)\}", operation.path)

    assert variable == [parameter.name for parameter in operation.all_parameters if parameter.where == "path"]


def test_only_operations_with_a_body_answer_for_one() -> None:
    for operation in OPERATIONS:
        assert set(ALWAYS) <= set(operation.all_codes)
        assert (Code.HTTP_TOO_LARGE in operation.all_codes) == (
            operation.body is not None or operation.uploads
        )
    assert Code.HTTP_TOO_LARGE in WITH_BODY


def test_every_reference_leads_to_a_schema() -> None:
    shown = api_document()

    used = set(re.findall(r"#/components/schemas/(\w+)", repr(shown)))
    assert used == set(shown["components"]["schemas"])


def test_the_schema_of_a_change_has_no_defaults() -> None:
    """A client that fills in defaults would empty every field that it did not mean to touch."""
    schema = api_document()["components"]["schemas"]["ContactPatch"]

    assert all("default" not in field for field in schema["properties"].values())


def test_the_document_names_its_version() -> None:
    assert document(OPERATIONS, version="9.8.7")["info"]["version"] == "9.8.7"


@pytest.mark.parametrize("code", [pytest.param(code, id=code.name) for code in Code])
def test_every_code_says_what_to_do(code: Code) -> None:
    assert code.advice.endswith(".")
