"""Large bodies take turns, and no company takes all of them."""

import asyncio

import pytest

from middleware.large_bodies import LargeBodies, NoRoom, Place


async def entered(room: LargeBodies, holder: str, size: int) -> "asyncio.Task[Place]":
    """Let somebody come in or queue up."""
    task = asyncio.create_task(room.enter(holder, size))
    await asyncio.sleep(0)
    return task


async def test_bodies_are_let_in_while_there_is_room() -> None:
    room = LargeBodies(100)
    await room.enter("a", 40)
    await room.enter("b", 60)
    third = await entered(room, "c", 10)
    assert not third.done()
    third.cancel()


async def test_a_body_larger_than_the_room_comes_in_alone() -> None:
    room = LargeBodies(100)
    giant = await room.enter("a", 150)
    small = await entered(room, "b", 2)
    assert not small.done()
    room.leave(giant)
    assert (await small).holder == "b"


async def test_a_company_has_half_of_the_room_or_one_body() -> None:
    room = LargeBodies(100)
    first = await room.enter("a", 30)
    own = await entered(room, "a", 30)
    assert not own.done(), "60 of 100 would be more than its half"
    assert (await entered(room, "b", 50)).done(), "others pass what waits for its own company"
    room.leave(first)
    assert (await own).size == 30


async def test_nobody_overtakes_what_only_waits_for_room() -> None:
    room = LargeBodies(100)
    first = await room.enter("a", 50)
    large = await entered(room, "b", 90)
    small = await entered(room, "c", 10)
    assert not small.done()
    room.leave(first)
    assert (await large).size == 90
    assert (await small).size == 10


async def test_a_company_cannot_fill_the_queue() -> None:
    room = LargeBodies(100, waiting_each=2)
    await room.enter("a", 90)
    waiting = [await entered(room, "a", 90) for _ in range(2)]
    with pytest.raises(NoRoom) as refused:
        await room.enter("a", 90)
    assert refused.value.of_holder
    other = await entered(room, "b", 90)
    assert not other.done(), "it waits for one body of the other company, and is next"
    for task in (*waiting, other):
        task.cancel()


@pytest.mark.parametrize(("holder", "of_holder"), [("a", True), ("b", False)])
async def test_who_waited_too_long_is_told_whose_bodies_were_in_the_way(holder: str, of_holder: bool) -> None:
    room = LargeBodies(100, patience_seconds=0.01)
    place = await room.enter("a", 90)
    with pytest.raises(NoRoom) as refused:
        await room.enter(holder, 90)
    assert refused.value.of_holder is of_holder
    room.leave(place)
    await room.enter("c", 100)


async def test_a_request_given_up_while_it_waited_leaves_nothing_behind() -> None:
    room = LargeBodies(100)
    place = await room.enter("a", 90)
    given_up = await entered(room, "b", 90)
    given_up.cancel()
    await asyncio.wait([given_up])
    room.leave(place)
    room.leave(place)
    await room.enter("c", 100)
    assert (await entered(room, "d", 1)).done() is False
