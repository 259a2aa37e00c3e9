"""The pages about the API, as browsers get them."""

from tests.integration.application import Running

STRANGER = {"Authorization": ""}


async def test_everyone_reads_the_pages(api: Running) -> None:
    listed = await api.call("GET", "/docs?q=deal", headers=STRANGER)
    page = await api.call("GET", "/docs/moveDeal", headers=STRANGER)
    again = await api.call(
        "GET", "/docs/moveDeal", headers={**STRANGER, "If-None-Match": page.headers["ETag"]}
    )

    assert listed.status == page.status == 200
    assert page.response.content_type == "text/html"
    assert "/docs/moveDeal" in listed.text
    assert "curl -sS -X POST" in page.text
    assert again.status == 304


async def test_an_operation_that_is_not_there_has_no_page(api: Running) -> None:
    answer = await api.call("GET", "/docs/nothing", headers=STRANGER)

    assert (answer.status, answer.json["code"]) == (404, "HTTP_NOT_FOUND")
