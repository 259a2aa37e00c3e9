"""Whatever people send as CSV, its cells are found or it is refused in words."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.features.companies.domain import COMPANY
from hastecrm.features.contacts.domain import CONTACT
from hastecrm.features.imports.mapping import guessed, mapped
from hastecrm.features.imports.reading import MOST_ROWS, read_sheet, write_sheet

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="\u2028\u2029"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_are_found_whatever_separates_them(delimiter: str) -> None:
    sheet = read_sheet(f"\ufeffName{delimiter}City\r\n\r\nAcme{delimiter}Vienna\r\n")

    assert sheet.header == ["Name", "City"]
    assert [(row.number, row.cells) for row in sheet.rows] == [(3, ["Acme", "Vienna"])]


def test_a_line_break_between_quotes_stays_in_its_cell() -> None:
    assert read_sheet('a,b\n"x\ny",z').rows[0].cells == ["x\ny", "z"]


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_what_is_written_is_read_again(rows: list[tuple[str, str]]) -> None:
    kept = [list(row) for row in rows if any(cell.strip() for cell in row)]

    assert [row.cells for row in read_sheet(write_sheet(["a", "b"], kept)).rows] == kept


@given(st.text())
def test_no_text_does_more_harm_than_to_be_refused(text: str) -> None:
    with suppress(InvalidInputError):
        assert len(read_sheet(text).rows) <= MOST_ROWS


@pytest.mark.parametrize(
    "text", ["", " \n\t\n", "a\n" + "x\n" * (MOST_ROWS + 1), ",".join("a" * 300), '"' + "x" * 200_000]
)
def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_sheet(text)


@pytest.mark.parametrize(
    "header",
    [
        ["First Name", "Last Name", "E-mail Address", "Company", "Phone Number"],
        ["Vorname", "Nachname", "E-Mail", "Firma", "Telefon"],
        ["Prénom", "Nom", "Courriel", "Société", "Téléphone"],
        ["Nombre", "Apellidos", "Correo electrónico", "Empresa", "Teléfono"],
    ],
)
def test_columns_are_known_by_the_names_that_people_give_them(header: list[str]) -> None:
    assert list(guessed(CONTACT, header).values()) == ["first_name", "last_name", "email", "company", "phone"]


def test_our_own_names_go_before_those_of_others() -> None:
    assert guessed(COMPANY, ["Firma", "name", "PLZ"]) == {1: "name", 2: "postal_code"}


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"X": "first_name"}, "names the column 'X'"),
        ({"A": "score"}, "names the field 'score'"),
        ({"A": "first_name", "B": "first_name"}, "names two columns"),
        ({"A": "city"}, "needs a column for first_name"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_the_reason(told: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        mapped(CONTACT, ["A", "B"], told)

    assert problem in refused.value.errors[0].detail
