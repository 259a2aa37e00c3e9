"""Invitations: from the letter to the membership."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.application import Answer, Running
from tests.integration.people import Person, person, team, workspace

from hastecrm.core.identity import Role, Visibility
from hastecrm.features.workspaces.service.purge import PurgeInvitations

PATH, ACCEPT, LOOK = "/api/v1/workspace/invitations", "/api/v1/invitations/accept", "/api/v1/invitations/look"


def token_of(answer: Answer) -> str:
    return str(answer.json["link"].partition("token=")[2])


async def invited(api: Running, someone: Person, **values: Any) -> Answer:
    answer = await someone.call(api, "POST", PATH, json={"email": "ben@example.com", **values})
    assert answer.status == 201, answer.text
    return answer


async def accept(api: Running, someone: Person, token: str) -> Answer:
    return await someone.call(api, "POST", ACCEPT, json={"token": token})


async def outsider(sql: Any, name: str = "Ben") -> Person:
    return await person(sql, name, None)


async def test_an_accepted_invitation_makes_a_member_of_what_it_says_and_brings_them_there(
    api: Running, sql: Any
) -> None:
    acme = await workspace(sql, "Acme")
    ann = await person(sql, "Ann", Role.ADMIN, workspace=acme)
    north, ben = await team(sql, "North", acme), await outsider(sql)
    sent = await invited(api, ann, email="BEN@example.com", role="viewer", visibility="team", team=str(north))

    looked = await api.call("POST", LOOK, json={"token": token_of(sent)}, headers={"Authorization": ""})
    joined = await accept(api, ben, token_of(sent))

    assert looked.json == {
        "workspace": "Acme",
        "email": "BEN@example.com",
        "role": "viewer",
        "expires_at": sent.json["expires_at"],
        "has_account": True,
    }
    assert (joined.status, joined.json["name"], joined.json["role"]) == (200, "Acme", "viewer")
    assert (await ben.call(api, "GET", "/api/v1/workspace")).json["name"] == "Acme"
    row = await sql.fetchrow("SELECT * FROM memberships WHERE user_id = $1", ben.id)
    assert (row["role"], row["visibility"], row["team_id"]) == ("viewer", "team", north)
    actions = [row[0] for row in await sql.fetch("SELECT action FROM audit_log ORDER BY at, id")]
    assert actions == ["invitation.created", "member.joined"]


async def test_the_token_is_stored_nowhere(api: Running, sql: Any) -> None:
    token = token_of(await invited(api, await person(sql, "Ann", Role.OWNER)))
    for statement in ("SELECT i::text FROM invitations AS i", "SELECT a::text FROM audit_log AS a"):
        assert token not in str(await sql.fetch(statement))


async def test_a_token_works_once(api: Running, sql: Any) -> None:
    token = token_of(await invited(api, await person(sql, "Ann", Role.OWNER)))
    ben = await outsider(sql)

    answers = await asyncio.gather(*(accept(api, ben, token) for _ in range(4)))

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert {a.json["code"] for a in answers if a.status == 409} == {"BIZ_INVITATION_USED"}


async def test_an_invitation_is_for_one_address(api: Running, sql: Any) -> None:
    token = token_of(await invited(api, await person(sql, "Ann", Role.OWNER)))
    eve = await outsider(sql, "Eve")

    answer = await accept(api, eve, token)

    assert (answer.status, answer.json["code"]) == (403, "AUTH_FORBIDDEN")
    assert (await accept(api, await outsider(sql), token)).status == 200


async def test_an_expired_invitation_says_so_and_lives_again_when_it_is_sent_again(
    api: Running, sql: Any
) -> None:
    ann, ben = await person(sql, "Ann", Role.ADMIN), await outsider(sql)
    sent = await invited(api, ann)
    await sql.execute("UPDATE invitations SET expires_at = now()")

    late = await accept(api, ben, token_of(sent))
    again = await ann.call(api, "POST", f"{PATH}/{sent.json['id']}/send")
    old = await accept(api, ben, token_of(sent))

    assert (late.status, late.json["code"]) == (410, "BIZ_INVITATION_EXPIRED")
    assert (old.status, old.json["code"]) == (404, "BIZ_INVITATION_UNKNOWN")
    assert (await accept(api, ben, token_of(again))).status == 200


async def test_a_revoked_invitation_is_worth_nothing_and_can_be_made_again(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", Role.ADMIN), await outsider(sql)
    sent = await invited(api, ann)

    double = await ann.call(api, "POST", PATH, json={"email": "Ben@Example.com"})
    listed = (await ann.call(api, "GET", PATH)).json["items"]
    revoked = await ann.call(api, "DELETE", f"{PATH}/{sent.json['id']}")
    late = await accept(api, ben, token_of(sent))

    assert (double.status, double.json["errors"]) == (
        409,
        [{"pointer": "/email", "detail": "is already invited"}],
    )
    assert [(each["email"], each["link"]) for each in listed] == [("ben@example.com", None)]
    assert (revoked.status, late.json["code"]) == (204, "BIZ_INVITATION_UNKNOWN")
    assert (await ann.call(api, "POST", f"{PATH}/{sent.json['id']}/send")).status == 404
    assert (await accept(api, ben, token_of(await invited(api, ann)))).status == 200


async def test_a_member_is_not_invited_again(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.ADMIN)
    await person(sql, "Ben")

    answer = await ann.call(api, "POST", PATH, json={"email": "Ben@example.com"})

    assert (answer.status, answer.json["errors"][0]["detail"]) == (409, "is already a member")


async def test_only_an_owner_invites_owners(api: Running, sql: Any) -> None:
    ann, boss = await person(sql, "Ann", Role.ADMIN), await person(sql, "Boss", Role.OWNER)

    refused = await ann.call(api, "POST", PATH, json={"email": "ben@example.com", "role": "owner"})
    sent = await invited(api, boss, role="owner")
    again = await ann.call(api, "POST", f"{PATH}/{sent.json['id']}/send")

    assert (refused.status, again.status) == (403, 403)


async def test_no_more_members_than_the_limit_come_in_however_many_come_at_once(
    api: Running, sql: Any
) -> None:
    small = await workspace(sql, "Small", member_limit=2)
    ann = await person(sql, "Ann", Role.OWNER, workspace=small)
    people = [await outsider(sql, f"P{number}") for number in range(4)]
    tokens = [token_of(await invited(api, ann, email=someone.email)) for someone in people]

    pairs = zip(people, tokens, strict=True)
    answers = await asyncio.gather(*(accept(api, someone, token) for someone, token in pairs))
    late = await ann.call(api, "POST", PATH, json={"email": "late@example.com"})

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert {a.json["code"] for a in (*answers, late) if a.status == 409} == {"BIZ_WORKSPACE_LIMIT_REACHED"}
    assert late.status == 409
    assert await sql.fetchval("SELECT count(*) FROM memberships WHERE workspace_id = $1", small) == 2


async def test_a_member_who_has_another_token_keeps_their_role(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", Role.OWNER), await outsider(sql)
    token = token_of(await invited(api, ann, role="admin"))
    await sql.execute(
        "INSERT INTO memberships (workspace_id, user_id, role) SELECT id, $1, 'viewer' FROM workspaces",
        ben.id,
    )

    answer = await accept(api, ben, token)

    assert (answer.status, answer.json["code"]) == (409, "BIZ_DUPLICATE")
    assert await sql.fetchval("SELECT role FROM memberships WHERE user_id = $1", ben.id) == "viewer"


async def test_the_workspace_of_an_invitation_may_be_gone(api: Running, sql: Any) -> None:
    acme = await workspace(sql, "Acme")
    ann = await person(sql, "Ann", Role.OWNER, Visibility.ALL, workspace=acme)
    token = token_of(await invited(api, ann))
    await ann.call(api, "DELETE", "/api/v1/workspace?name=Acme")

    assert (await accept(api, await outsider(sql), token)).json["code"] == "BIZ_INVITATION_UNKNOWN"


async def test_invitations_that_lead_nowhere_are_purged(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    for name in ("open", "expired", "revoked", "used", "lately"):
        await invited(api, ann, email=f"{name}@example.com")
    now = datetime.now(UTC)
    past = {"expired": "expires_at", "revoked": "revoked_at", "used": "accepted_at"}
    for name, column in past.items():
        statement = f"UPDATE invitations SET {column} = $1 WHERE email = $2"
        await sql.execute(statement, now - timedelta(days=31), f"{name}@example.com")
    late = "UPDATE invitations SET revoked_at = $1 WHERE email = 'lately@example.com'"
    await sql.execute(late, now - timedelta(days=29))

    assert await PurgeInvitations(lambda: now, timedelta(days=30))(sql) == 3
    kept = await sql.fetch("SELECT email FROM invitations ORDER BY email")
    assert [row[0] for row in kept] == ["lately@example.com", "open@example.com"]
