"""Which texts of queries are known by name, and where they come from."""

from pathlib import Path

import pytest

from hastecrm.core.cache import Cache
from hastecrm.core.errors import InvalidInputError
from hastecrm.core.graphql.contract import GraphQLRequest
from hastecrm.core.graphql.texts import KEPT, StoredTexts, digest
from hastecrm.core.settings import ConfigurationError, Settings
from hastecrm.main.graphql_queries import query_texts


def named(text: str, *, sent: bool = False) -> GraphQLRequest:
    return GraphQLRequest(
        query=text if sent else None,
        operationName=None,
        extensions={"persistedQuery": {"sha256Hash": digest(text)}},
    )


async def test_a_process_keeps_so_many_texts_and_forgets_the_oldest() -> None:
    texts = StoredTexts(Cache(None), "q:")
    every = [f"{{f{number}}}" for number in range(KEPT + 1)]
    for text in every:
        await texts.store(named(text, sent=True))

    assert [await texts.text(named(text)) for text in every[1:]] == every[1:]
    with pytest.raises(InvalidInputError):
        await texts.text(named(every[0]))


async def test_a_text_that_is_not_what_its_name_says_does_not_run() -> None:
    class Wrong(Cache):
        async def get(self, key: str) -> str | None:
            return "{other}"

    with pytest.raises(InvalidInputError, match="PersistedQueryNotFound"):
        await StoredTexts(Wrong(None), "q:").text(named("{mine}"))


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": ""}', '{"operations": [{"id": "a"}]}'])
def test_a_file_that_lists_no_queries_is_named_with_the_fix(tmp_path: Path, text: str) -> None:
    file = tmp_path / "queries.json"
    file.write_text(text)
    settings = Settings.readable().model_copy(update={"graphql_queries": str(file)})

    with pytest.raises(ConfigurationError, match=r"HASTECRM_GRAPHQL_QUERIES: .*queries\.json .*fix: "):
        query_texts(settings, Cache(None))
