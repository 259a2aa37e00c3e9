"""Invented people, as SQL: each expression gives the same for the same value and key. No I/O here."""

from typing import Final

KEY: Final = "hastecrm.anonymise_key"
"""The setting of the session that holds the key; it stands in no statement, so in no log."""

_FIRST: Final = (
    "Alma Amir Anna Aron Bela Bruno Cara Chen Clara Dario Deniz Dora Edda Elif Elias Emil Enno Esra Fatou "
    "Felix Finn Gala Greta Hana Hugo Ida Ilja Ines Ivo Jana Jonas Kaya Kian Lara Lena Levi Lior Lotte Luca "
    "Maja Malik Marta Mika Mila Nadia Nils Nora Omar Oskar Paula Pia Rafael Rania Rosa Samir Sara Selma Sven "
    "Tara Theo Tim Vera Yara Zoe"
)
_LAST: Final = (
    "Abel Adler Bach Baum Beck Berg Brandt Busch Conti Costa Diaz Dorn Ebner Eder Falk Feld Fink Frank Fuchs "
    "Gruber Haas Hahn Hofer Holm Horn Huber Jansen Kaiser Kern Klein Koch Kraus Kuhn Lang Lehner Lenz Lorenz "
    "Maier Marek Moser Nagel Neri Novak Olsen Otto Petrov Pohl Rauch Reiter Rossi Sauer Schmid Seidl Silva "
    "Sommer Stein Tanaka Urban Vogel Wagner Weber Winter Wolf Zeller"
)
_TITLES: Final = (
    "Accountant Analyst Architect Assistant Buyer Consultant Coordinator Designer Director Engineer Manager "
    "Planner Specialist Technician"
)


def email(column: str) -> str:
    """Return an address of a domain that belongs to nobody; capitals make no difference, as in the index."""
    return _kept(column, f"'person-' || left({_hash('email', f'lower({column})')}, 20) || '@example.com'")


def phone(column: str) -> str:
    """Return a number of a country code that no country has."""
    return _kept(column, f"'+999' || lpad({_number('phone', column, 10**10)}::text, 10, '0')")


def first_name(column: str) -> str:
    """Return a first name of a list."""
    return _kept(column, _one_of(_FIRST, "first", column))


def last_name(column: str) -> str:
    """Return a last name of a list."""
    return _kept(column, _one_of(_LAST, "last", column))


def full_name(column: str) -> str:
    """Return a first and a last name."""
    return _kept(column, f"{_one_of(_FIRST, 'first', column)} || ' ' || {_one_of(_LAST, 'last', column)}")


def title(column: str) -> str:
    """Return what somebody may be at work."""
    return _kept(column, _one_of(_TITLES, "title", column))


def domain(column: str) -> str:
    """Return the name of a host below a top-level domain that nobody can register."""
    return _kept(column, f"'company-' || left({_hash('domain', f'lower({column})')}, 20) || '.example'")


def numbered(word: str, column: str) -> str:
    """Return a word and a number, another one for each value, whatever its capitals."""
    return _kept(column, f"'{word} ' || left({_hash(word, f'lower({column})')}, 12)")


def _kept(column: str, invented: str) -> str:
    return f"CASE WHEN {column} = '' THEN '' WHEN {column} IS NOT NULL THEN {invented} END"


def _one_of(words: str, purpose: str, column: str) -> str:
    listed = ",".join(words.split())
    return f"('{{{listed}}}'::text[])[1 + {_number(purpose, column, len(words.split()))}]"


def _number(purpose: str, value: str, limit: int) -> str:
    # 60 bits of the hash, which is never negative then.
    return f"(('x0' || left({_hash(purpose, value)}, 15))::bit(64)::bigint % {limit})"


def _hash(purpose: str, value: str) -> str:
    # HMAC without its padding: the key is of a fixed length, so that nothing can be appended to it.
    key = f"current_setting('{KEY}')"
    inner = f"encode(sha256(convert_to({key} || '{purpose}:' || {value}, 'UTF8')), 'hex')"
    return f"encode(sha256(convert_to({key} || {inner}, 'UTF8')), 'hex')"
