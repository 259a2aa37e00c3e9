"""The pages, as a browser without script sees them."""

from html.parser import HTMLParser
from typing import Any

import pytest
from tests.integration.application import CONTACTS, TOKEN, Answer, Running, running
from tests.integration.servers import Postgres
from tests.integration.visitors import OWNER, make_owner


class Page(HTMLParser):
    """What matters of a page: texts by tag, inputs, links, and the labels' targets."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.links: dict[str, str] = {}
        self.labels: set[str | None] = set()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self._open.append((tag, values))
        if tag == "input":
            self.inputs[str(values["name"])] = values
        if tag == "label":
            self.labels.add(values.get("for"))

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            tag, values = self._open[-1]
            self.texts.setdefault(tag, []).append(data.strip())
            if tag == "a":
                self.links[data.strip()] = str(values.get("href"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass


class Browser:
    """Keeps the cookie and sends what a browser sends with a form."""

    def __init__(self, web: Running) -> None:
        self.web = web
        self.cookie = ""

    async def get(self, path: str) -> Answer:
        return await self.web.call("GET", path, headers={"Cookie": self.cookie, "Authorization": ""})

    async def post(self, path: str, **form: str) -> Answer:
        headers = {"Cookie": self.cookie, "Authorization": "", "Origin": self.web.url}
        answer = await self.web.call("POST", path, data=form, headers=headers)
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer


@pytest.fixture
async def owner(api: Running) -> None:
    """The first account, without a browser."""
    await make_owner(api)


@pytest.fixture
async def browser(web: Running, owner: None) -> Browser:
    """A browser that has signed in."""
    visitor = Browser(web)
    answer = await visitor.post("/login", **OWNER)
    assert answer.status == 303, answer.text
    return visitor


async def test_a_visitor_is_sent_to_the_sign_in_and_comes_back_to_where_he_was_going(
    web: Running, owner: None
) -> None:
    visitor = Browser(web)

    away = await visitor.get("/contacts?cursor=abc")
    form = Page((await visitor.get(away.headers["Location"])).text)
    back = await visitor.post("/login", **OWNER, next=str(form.inputs["next"]["value"]))
    assert away.status == 303
    assert back.headers["Location"] == "/contacts?cursor=abc"
    assert (await visitor.get("/")).headers["Location"] == "/contacts"
    assert (await visitor.get("/contacts")).status == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_signing_in_never_leads_to_another_site(web: Running, owner: None, target: str) -> None:
    answer = await Browser(web).post("/login", **OWNER, next=target)

    assert answer.headers["Location"] == "/contacts"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("olga@example.com", "guessed"),
        ("nobody@example.com", OWNER["password"]),
        ("olga@example.com", "\x00ü\n"),
    ],
)
async def test_wrong_credentials_are_refused_on_the_form(
    web: Running, owner: None, email: str, password: str
) -> None:
    answer = await Browser(web).post("/login", email=email, password=password)

    assert answer.status == 401
    assert "The e-mail address or the password is wrong." in answer.text
    assert password not in answer.text
    assert "Set-Cookie" not in answer.headers


async def test_the_first_visitor_with_the_installations_token_makes_the_first_account(web: Running) -> None:
    visitor = Browser(web)
    form = Page((await visitor.get("/setup")).text)
    assert {"token", "name", "email", "password", "workspace"} <= form.inputs.keys()

    stranger = await visitor.post("/setup", **OWNER, name="Eve", token="wrong")
    weak = await visitor.post("/setup", **{**OWNER, "password": "password"}, name="Olga", token=TOKEN)
    made = await visitor.post("/setup", **OWNER, name="Olga", workspace="Sales", token=TOKEN)
    again = await Browser(web).post(
        "/setup", **{**OWNER, "email": "eve@example.com"}, name="Eve", token=TOKEN
    )

    assert stranger.status == 401
    assert "not the installation" in stranger.text
    assert weak.status == 422
    assert "aria-invalid" in weak.text
    assert (made.status, made.headers["Location"]) == (303, "/contacts")
    assert "Olga · Sales" in (await visitor.get("/contacts")).text
    assert again.status in {403, 409}


async def test_the_session_cookie_is_guarded_and_holds_no_token(browser: Browser) -> None:
    answer = await Browser(browser.web).post("/login", **OWNER)

    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "eyJ" not in cookie  # how every JWT begins


async def test_over_https_the_cookie_is_host_only_and_browsers_are_told_to_stay(
    api: Running, owner: None
) -> None:
    settings = {"HASTECRM_API_URL": api.url, "HASTECRM_PUBLIC_URL": "https://crm.example"}
    async with running("web", settings) as web:
        headers = {"Origin": "https://crm.example"}
        answer = await web.call("POST", "/login", data=OWNER, headers=headers)

    assert answer.headers["Set-Cookie"].startswith("__Host-hastecrm=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


async def test_tokens_are_renewed_on_the_way_and_nobody_notices(
    postgres: Postgres, database: str, owner: None
) -> None:
    # Shorter than the margin in which the pages renew.
    short = {**postgres.environment(database), "HASTECRM_TOKEN_LIFETIME": "20s"}
    async with running("api", short) as api, running("web", {"HASTECRM_API_URL": api.url}) as web:
        visitor = Browser(web)
        await visitor.post("/login", **OWNER)
        pages = [await visitor.get("/contacts") for _ in range(3)]

    assert [page.status for page in pages] == [200, 200, 200]
    assert all("Set-Cookie" in page.headers for page in pages)


async def test_a_device_can_be_signed_out_from_another(browser: Browser) -> None:
    phone = Browser(browser.web)
    await phone.post("/login", **OWNER)
    account = await browser.get("/account")
    assert account.text.count('<th scope="row">') == 2
    assert "This device" in account.text

    ended = await browser.post("/account/devices/end", device="others")
    assert ended.headers["Location"] == "/account#devices"
    assert (await browser.get("/account")).text.count('<th scope="row">') == 1
    assert (await phone.get("/contacts")).headers["Location"].startswith("/login")


async def test_the_password_is_changed_on_the_account_page(browser: Browser) -> None:
    wrong = await browser.post(
        "/account/password", current_password="x", new_password="nine slow clouds drift"
    )
    right = await browser.post(
        "/account/password", current_password=OWNER["password"], new_password="nine slow clouds drift"
    )

    assert wrong.status in {401, 403, 422}
    assert right.status == 200
    assert "Your password is changed" in right.text
    signed = await Browser(browser.web).post(
        "/login", email=OWNER["email"], password="nine slow clouds drift"
    )
    assert signed.status == 303


async def test_signing_out_ends_the_session(browser: Browser) -> None:
    answer = await browser.post("/logout")

    assert answer.headers["Location"] == "/login"
    assert (await browser.get("/contacts")).status == 303


@pytest.mark.parametrize("cookie", ["x", "1.2.3", "9999999999.abc.AAAA", "é.é.é", ".."])
async def test_an_invented_cookie_opens_nothing(web: Running, cookie: str) -> None:
    visitor = Browser(web)
    visitor.cookie = f"hastecrm_session={cookie}"

    assert (await visitor.get("/contacts")).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_forms_of_other_sites_are_refused(browser: Browser, headers: dict[str, str], sql: Any) -> None:
    answer = await browser.web.call(
        "POST", "/contacts", data={"first_name": "Eve"}, headers={**headers, "Cookie": browser.cookie}
    )

    assert answer.status == 403
    assert "AUTH_CROSS_SITE" in answer.text
    assert await sql.fetchval("SELECT count(*) FROM contacts") == 0


async def test_a_contact_is_added_and_listed(browser: Browser, api: Running) -> None:
    added = await browser.post("/contacts", first_name="Ada", last_name="Lovelace", email="ada@example.com")
    page = await browser.get(added.headers["Location"])

    assert (added.status, added.headers["Location"]) == (303, "/contacts?added=1#content")
    assert "Ada Lovelace" in page.text
    assert "The contact was added." in page.text
    assert "1 in this workspace" in page.text
    assert (await api.call("GET", CONTACTS)).json["items"][0]["email"] == "ada@example.com"


async def test_what_was_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(browser: Browser) -> None:
    answer = await browser.post("/contacts", first_name="", last_name="<b>", email="nobody", company="ACME")

    page = Page(answer.text)
    assert answer.status == 422
    assert page.inputs["email"]["value"] == "nobody"
    assert page.inputs["last_name"]["value"] == "<b>"
    assert page.inputs["company"]["value"] == "ACME"
    assert {name for name, field in page.inputs.items() if field.get("aria-invalid")} == {
        "first_name",
        "email",
    }
    assert "E-mail must be an e-mail address such as ada@example.com." in page.texts["p"]
    assert "<b>" not in answer.text


async def test_a_taken_address_is_said_beside_the_field(browser: Browser) -> None:
    await browser.post("/contacts", first_name="Ada", email="ada@example.com")

    answer = await browser.post("/contacts", first_name="Eve", email="ada@example.com")
    assert answer.status == 409
    assert "E-mail is already used by another contact." in Page(answer.text).texts["p"]


async def test_markup_in_a_name_is_shown_as_text(browser: Browser) -> None:
    await browser.post("/contacts", first_name="<script>alert(1)</script>")

    page = await browser.get("/contacts")
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


async def test_older_contacts_are_one_link_away(browser: Browser, sql: Any) -> None:
    await sql.execute(
        "INSERT INTO contacts (id, workspace_id, first_name, created_at) "
        "SELECT gen_random_uuid(), id, 'P' || n, now() - n * interval '1 hour' "
        "FROM workspaces, generate_series(1, 30) AS n"
    )
    first = Page((await browser.get("/contacts")).text)
    second = Page((await browser.get(first.links["Older"])).text)

    assert first.tags.count("tr") == 1 + 25
    assert second.tags.count("tr") == 1 + 5
    assert "Older" not in second.links
    assert second.links["Newest"] == "/contacts"
    assert (await browser.get("/contacts?cursor=stale")).headers["Location"] == "/contacts"


async def test_pages_are_accessible_in_their_structure(browser: Browser, web: Running) -> None:
    for answer in (
        await browser.get("/contacts"),
        await Browser(web).get("/login"),
        await browser.get("/nowhere"),
    ):
        page = Page(answer.text)
        visible = {field.get("id") for field in page.inputs.values() if field.get("type") != "hidden"}
        assert page.tags.count("h1") == 1
        assert visible <= page.labels
        assert "main" in page.tags
        assert '<html lang="en">' in answer.text
        assert "script" not in page.tags
        assert "style=" not in answer.text


async def test_unknown_addresses_get_a_page(browser: Browser) -> None:
    answer = await browser.get("/nowhere")

    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "There is nothing at this address" in answer.text


async def test_while_the_api_is_away_people_get_a_page_that_says_so(browser: Browser, api: Running) -> None:
    await api.process.stop()

    answer = await browser.get("/contacts")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "3"
    assert "Try again" in Page(answer.text).links


async def test_a_failure_of_the_api_shows_the_request_id_of_both(browser: Browser, sql: Any) -> None:
    await sql.execute("ALTER TABLE contacts RENAME TO hidden")
    try:
        answer = await browser.get("/contacts")
    finally:
        await sql.execute("ALTER TABLE hidden RENAME TO contacts")

    assert answer.status == 503
    assert answer.headers["X-Request-ID"] in answer.text
