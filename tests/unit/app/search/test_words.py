"""Words as they are compared, and how many letters of them may be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.features.search.words import distance, fold, nearest, variants, with_origins, words_of

WORD = st.text("abcdefgh", min_size=4, max_size=12)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller", "muller"),
        ("MU\u0308LLER", "muller"),
        ("Łukasz Øre", "lukasz ore"),
        ("Straße", "strasse"),
        ("Ægir", "aegir"),
        ("İstanbul", "istanbul"),
        ("Жанна", "жанна"),
    ],
)
def test_marks_and_capitals_make_no_difference(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_letters_and_digits() -> None:
    assert words_of("O'Neill-Smith & Söhne, 3M_x (a@b.at)") == [
        *("o", "neill", "smith", "sohne", "3m", "x", "a", "b", "at")
    ]


@given(st.text(max_size=40))
def test_each_letter_knows_where_it_comes_from(text: str) -> None:
    folded, origins = with_origins(text)

    assert len(folded) == len(origins)
    assert list(origins) == sorted(origins)
    assert all(fold(text[origin]) for origin in origins)
    assert words_of(folded) == words_of(text)


@pytest.mark.parametrize(
    ("typed", "word", "far"),
    [
        ("schmidt", "schmidt", 0),
        ("schm", "schmidt", 0),
        ("schmdit", "schmidt", 1),
        ("shmidt", "schmidt", 1),
        ("schmitdt", "schmidt", 1),
        ("zimer", "zimmermann", 1),
        ("xyz", "schmidt", 3),
    ],
)
def test_the_distance_is_to_the_beginning_of_a_word(typed: str, word: str, far: int) -> None:
    assert distance(typed, word) == far


@given(WORD, st.integers(0, 11), st.sampled_from("abcdefgh"))
def test_words_that_differ_in_one_letter_have_a_variant_in_common(word: str, at: int, letter: str) -> None:
    place = min(at, len(word) - 1)
    wrong = {
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    }

    for other in wrong:
        assert distance(other, word) <= 1
        # A variant may also be the beginning of one: that is how the index is read.
        assert any(a.startswith(b) or b.startswith(a) for a in variants(word) for b in variants(other)), other


def test_the_nearest_word_comes_first_and_far_ones_not_at_all() -> None:
    words = {"schmidt", "schmied", "schmitt", "schneider"}

    assert nearest("schmdit", words, 5) == ["schmidt", "schmitt"]
    assert nearest("schmit", words, 5)[0] == "schmitt"
    assert nearest("abc", {"abd"}, 5) == []
