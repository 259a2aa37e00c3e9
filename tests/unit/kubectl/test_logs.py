import orjson
from tests.unit.kubectl.pages import pod

from kubectl_hastecrm.tailing import containers, has_begun
from kubectl_hastecrm.verbs.logs import Part, is_wanted
from kubectl_hastecrm.views.logs import Line, Painter, machine

SAID = '{"time":"x","level":"error","event":"request failed","role":"api","status":500,"path":"/a b"}'
LINE = Line.parse("acme-api-1", "api", f"2026-01-02T12:00:01.123456789Z {SAID}")


def test_a_structured_line_becomes_readable():
    shown = Painter("acme").paint(LINE).plain

    assert shown == "api-1 12:00:01.123 ERROR request failed status=500 path=/a b"


def test_a_traceback_keeps_its_lines():
    line = Line("2026-01-02T12:00:01.1Z", "acme-api-1", "api", '{"event": "e", "exception": "one\\ntwo"}')

    assert Painter("acme").paint(line).plain.endswith("\none\ntwo")


def test_any_other_line_stays_as_it_is():
    for text in ("LOG:  checkpoint complete", "{not json", "[1, 2]", ""):
        line = Line.parse("acme-postgres-0", "postgres", f"2026-01-02T12:00:01.1Z {text}")

        assert line.fields is None
        assert line.text == text
        assert text in Painter("acme").paint(line).plain


def test_raw_leaves_json_alone():
    assert SAID in Painter("acme", raw=True).paint(LINE).plain


def test_each_pod_has_a_colour_of_its_own():
    painter = Painter("acme")
    other = Line("2026-01-02T12:00:01.1Z", "acme-web-1", "web", "x")
    colours = {painter.paint(line).spans[0].style for line in (LINE, other, LINE)}

    assert len(colours) == 2


def test_a_machine_gets_where_it_comes_from_and_the_fields():
    told = orjson.loads(machine(LINE))

    assert (told["pod"], told["container"], told["fields"]["status"]) == ("acme-api-1", "api", 500)


def test_jobs_are_whatever_is_no_tier_and_no_store():
    assert is_wanted(pod("p", "migrate"), {Part.JOBS})
    assert not is_wanted(pod("p", "redis"), {Part.JOBS})
    assert is_wanted(pod("p", "redis"), {Part.ALL})
    assert not is_wanted(pod("p", "web"), {Part.API})


def test_a_container_that_waits_has_said_nothing_unless_it_ran_before():
    waiting = pod("p", "api", waiting="ContainerCreating")
    crashed = pod("p", "api", waiting="CrashLoopBackOff")
    crashed["status"]["containerStatuses"][0]["lastState"] = {"terminated": {}}

    assert containers(waiting) == ["api"]
    assert [has_begun(p, "api") for p in (waiting, crashed, pod("p", "api"))] == [False, True, True]
