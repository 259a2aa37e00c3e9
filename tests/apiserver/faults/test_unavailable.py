"""The API server is gone, slow, busy or forgetful: nothing is lost, nothing is doubled, and work goes on."""

import asyncio

from tests.apiserver.crm import CRM
from tests.apiserver.faults.proxy import Fault, FaultyProxy, is_watch, is_write
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import DEPLOYMENT, SERVICE


async def delete_service(crm: CRM) -> None:
    service = await crm.get(SERVICE, "api")
    await crm.cluster.delete(SERVICE, crm.namespace, "acme-api", uid=service["metadata"]["uid"])


async def exists(crm: CRM) -> bool:
    try:
        await crm.get(SERVICE, "api")
    except NotFoundError:
        return False
    return True


async def until_service_is_back(crm: CRM, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await exists(crm):
            await asyncio.sleep(0.05)


async def test_an_api_server_that_was_gone_for_a_minute_finds_the_operator_at_work(
    ready: CRM, operator: OperatorProcess, proxy: FaultyProxy
):
    await proxy.close()
    await delete_service(ready)
    ready.apply(web={"replicas": 3})
    await asyncio.sleep(60)
    await proxy.open()

    await until_service_is_back(ready, 45)
    await ready.until(lambda s: s["phase"] == "Ready" and s["web"]["ready"] == 3, 45)
    assert operator.is_running()


async def test_a_busy_api_server_is_asked_less_and_not_for_ever(
    ready: CRM, operator: OperatorProcess, proxy: FaultyProxy
):
    busy = proxy.spoil(Fault(is_write, 429, "TooManyRequests", headers={"Retry-After": "1"}))
    await delete_service(ready)
    await asyncio.sleep(5)
    asked = busy.hits
    proxy.heal()

    await until_service_is_back(ready, 60)
    assert 1 <= asked <= 20, "Retry-After was not honoured"


async def test_every_tenth_request_may_fail(crm: CRM, operator: OperatorProcess, proxy: FaultyProxy):
    count = iter(range(10**6))
    proxy.spoil(Fault(lambda r: not is_watch(r) and next(count) % 10 == 9, 500, "InternalError"))
    crm.apply()

    await crm.until(lambda s: s.get("phase") == "Ready", 60)


async def test_a_change_that_the_watch_missed_is_seen_after_410_gone(
    ready: CRM, operator: OperatorProcess, proxy: FaultyProxy
):
    proxy.expire_watches()
    await delete_service(ready)

    await until_service_is_back(ready, 60)


async def test_somebody_else_who_writes_first_is_no_failure(
    ready: CRM, operator: OperatorProcess, proxy: FaultyProxy
):
    conflict = proxy.spoil(Fault(is_write, 409, "Conflict", "the object has been modified", times=5))
    await delete_service(ready)

    await until_service_is_back(ready, 60)
    assert conflict.hits == 5


async def test_an_answer_that_is_lost_is_not_written_twice(
    ready: CRM, operator: OperatorProcess, proxy: FaultyProxy
):
    lost = proxy.spoil(
        Fault(lambda r: is_write(r) and "/services/" in r.path, 504, "Timeout", times=1, obeyed=True)
    )
    await delete_service(ready)
    await until_service_is_back(ready, 60)
    made = (await ready.get(SERVICE, "api"))["metadata"]["uid"]
    ready.apply(web={"replicas": 3})
    await ready.until(lambda s: s["phase"] == "Ready" and s["web"]["ready"] == 3, 60)

    assert lost.hits == 1
    assert (await ready.get(SERVICE, "api"))["metadata"]["uid"] == made
    written = [
        path for verb, path in proxy.requests if verb == "PATCH" and path.endswith("/services/acme-api")
    ]
    assert len(written) == 2, "made once before the test and once in it: what came of it was seen"


async def test_slow_answers_delay_but_lose_nothing(crm: CRM, operator: OperatorProcess, proxy: FaultyProxy):
    proxy.spoil(Fault(lambda r: not is_watch(r), delay=1.0))
    crm.apply()

    await crm.until(lambda s: s.get("phase") == "Ready", 120)
    assert (await crm.get(DEPLOYMENT, "api"))["status"]["readyReplicas"] == 2
