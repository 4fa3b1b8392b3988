"""The pause after "not now" and the window of a bind."""

import asyncio

import pytest

from gateways.smpp.flow import SessionClosed, Throttle, Window


async def paused(throttle: Throttle) -> float:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await throttle.passed()
    return loop.time() - before


async def test_the_pause_grows_by_bursts_not_by_answers_and_ends_with_an_acceptance() -> None:
    throttle = Throttle(0.02, 0.05)
    for _ in range(10):
        throttle.refused()
    throttle.accepted()  # of the same burst: says nothing
    assert throttle.since is not None
    assert 0.01 < await paused(throttle) < 0.035
    throttle.refused()
    assert await paused(throttle) > 0.035
    throttle.accepted()
    assert throttle.since is None
    assert await paused(throttle) < 0.01


async def test_the_window_serves_in_order_and_skips_who_left() -> None:
    window, served = Window(1), []

    async def take(name: str) -> None:
        await window.acquire()
        served.append(name)

    await window.acquire()
    tasks = [asyncio.create_task(take(name)) for name in "abc"]
    await asyncio.sleep(0)
    assert window.free == -3
    tasks[1].cancel()
    await asyncio.sleep(0)
    window.release()
    window.release()
    await asyncio.gather(tasks[0], tasks[2])
    assert served == ["a", "c"]
    assert window.in_use == 1


async def test_a_place_granted_to_somebody_just_cancelled_goes_to_the_next() -> None:
    window = Window(1)
    await window.acquire()
    first, second = (asyncio.create_task(window.acquire()) for _ in range(2))
    await asyncio.sleep(0)
    window.release()
    first.cancel()
    await second
    assert window.in_use == 1


async def test_a_closed_window_lets_nobody_in() -> None:
    window = Window(1)
    await window.acquire()
    waiting = asyncio.create_task(window.acquire())
    await asyncio.sleep(0)
    window.close()
    with pytest.raises(SessionClosed):
        await waiting
    with pytest.raises(SessionClosed):
        await window.acquire()
    window.release()
    assert window.in_use == 0
