"""Batches of products of several callers, with arithmetic in the place of a model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from aisle.serving.batching import (
    Batcher,
    BatchReport,
    ClosedError,
    ExpiredError,
    Failure,
    QueueFullError,
    computed,
)

Twice = Batcher[int, int]


class Work:
    """Doubles numbers; notes each batch; waits while the gate is shut; fails on 13."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        assert self.gate.wait(10)
        if 13 in items:
            raise ValueError("thirteen")
        return [2 * item for item in items]


def run(
    test: Callable[[Twice, Work], Coroutine[Any, Any, None]],
    *,
    most: int = 4,
    delay_seconds: float = 0.0,
    capacity: int = 100,
    threads: int = 1,
    report: Callable[[BatchReport], None] = lambda _: None,
) -> Work:
    work = Work()

    async def inside() -> None:
        batcher = Twice(
            work,
            most=most,
            delay_seconds=delay_seconds,
            capacity=capacity,
            threads=threads,
            report=report,
        )
        batcher.start()
        try:
            await test(batcher, work)
        finally:
            work.gate.set()
            await batcher.stop()

    asyncio.run(inside())
    return work


async def ask(batcher: Twice, items: list[int], until: float | None = None) -> list[Any]:
    with batcher.room(len(items)) as ticket:
        return await batcher.answer(ticket, items, until=until)


async def busy(batcher: Twice, work: Work) -> asyncio.Task[list[Any]]:
    """Let the only thread wait at the gate."""
    work.gate.clear()
    task = asyncio.create_task(ask(batcher, [1]))
    while not work.batches:
        await asyncio.sleep(0)
    return task


def test_batches_are_counted_in_products_and_large_requests_are_cut() -> None:
    reports: list[BatchReport] = []

    async def test(batcher: Twice, work: Work) -> None:
        first = await busy(batcher, work)
        others = [asyncio.create_task(ask(batcher, items)) for items in ([2, 3, 4], [5, 6, 7], [8])]
        await asyncio.sleep(0)
        assert batcher.load == 7
        work.gate.set()
        assert await first == [2]
        assert await asyncio.gather(*others) == [[4, 6, 8], [10, 12, 14], [16]]
        assert batcher.load == 0

    work = run(test, report=reports.append)
    assert work.batches == [[1], [2, 3, 4, 5], [6, 7, 8]]
    assert [report.products for report in reports] == [1, 4, 3]


def test_products_wait_for_others_no_longer_than_the_bound() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        tasks = [asyncio.create_task(ask(batcher, [n])) for n in (1, 2)]
        assert await asyncio.gather(*tasks) == [[2], [4]]

    assert run(test, delay_seconds=0.05).batches == [[1, 2]]


def test_a_full_batch_does_not_wait() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        assert await asyncio.wait_for(ask(batcher, [1, 2, 3, 4]), 60) == [2, 4, 6, 8]

    run(test, delay_seconds=3600)


def test_what_exceeds_the_queue_is_refused_at_once_with_a_time_to_wait() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        first = await busy(batcher, work)
        waiting = asyncio.create_task(ask(batcher, [2, 3, 4]))
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError) as caught:
            await ask(batcher, [5, 6])
        assert 1 <= caught.value.seconds <= 30
        work.gate.set()
        assert await first == [2]
        assert await waiting == [4, 6, 8]
        assert await ask(batcher, [5, 6]) == [10, 12]

    run(test, capacity=4)


def test_room_is_kept_from_before_the_products_are_read() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        with batcher.room(3):
            assert batcher.load == 3
            with pytest.raises(QueueFullError):
                await ask(batcher, [1, 2])
        assert batcher.load == 0

    run(test, capacity=4)


def test_what_expires_in_the_queue_is_never_computed() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        first = await busy(batcher, work)
        now = asyncio.get_running_loop().time()
        with pytest.raises(ExpiredError):
            await ask(batcher, [2, 3], until=now + 0.01)
        assert batcher.load == 0
        work.gate.set()
        assert await first == [2]
        assert await ask(batcher, [4], until=now + 3600) == [8]

    assert run(test).batches == [[1], [4]]


def test_what_would_expire_in_the_queue_is_refused_at_once() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        now = asyncio.get_running_loop().time
        batcher._learn_rate(10.0)  # items a second
        first = await busy(batcher, work)
        with batcher.room(40):
            with pytest.raises(QueueFullError) as caught, batcher.room(1, until=now() + 3):
                pass
            assert caught.value.seconds == 4
            with batcher.room(1, until=now() + 60):
                assert batcher.load == 41
        with batcher.room(1, until=now() + 0.001):  # nothing is before it
            assert batcher.load == 1
        work.gate.set()
        assert await first == [2]

    run(test)


def test_what_has_expired_before_it_is_queued_is_never_computed() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        with pytest.raises(ExpiredError):
            await ask(batcher, [2], until=asyncio.get_running_loop().time() - 1)

    assert run(test).batches == []


def test_a_caller_who_leaves_takes_the_products_out_of_the_queue() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        first = await busy(batcher, work)
        leaving = asyncio.create_task(ask(batcher, [2, 3]))
        staying = asyncio.create_task(ask(batcher, [4]))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert batcher.load == 1
        work.gate.set()
        assert await first == [2]
        assert await staying == [8]

    assert run(test).batches == [[1], [4]]


def test_one_bad_product_fails_alone() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        first = await busy(batcher, work)
        tasks = [asyncio.create_task(ask(batcher, items)) for items in ([2, 13], [3, 4])]
        await asyncio.sleep(0)
        work.gate.set()
        await first
        bad, good = await asyncio.gather(*tasks)
        assert good == [6, 8]
        assert bad[0] == 4
        assert isinstance(bad[1], Failure)
        assert isinstance(bad[1].error, ValueError)

    run(test)


def test_results_of_a_wrong_number_are_a_failure_not_an_exchange() -> None:
    found = computed(lambda items: [0] * (len(items) + 1), [1, 2, 3])
    assert [type(one) for one in found] == [Failure] * 3


def test_stopping_finishes_what_was_accepted_and_takes_nothing_more() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        first = await busy(batcher, work)
        waiting = asyncio.create_task(ask(batcher, [2, 3, 4, 5, 6]))
        with batcher.room(1) as ticket:
            await asyncio.sleep(0)
            stopping = asyncio.create_task(batcher.stop())
            await asyncio.sleep(0)
            with pytest.raises(ClosedError), batcher.room(1):
                pass
            work.gate.set()
            assert await batcher.answer(ticket, [7]) == [14]
        await stopping
        assert await first == [2]
        assert await waiting == [4, 6, 8, 10, 12]

    run(test)


def test_nothing_waits_for_others_when_the_server_stops() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        waiting = asyncio.create_task(ask(batcher, [2]))
        await asyncio.sleep(0)
        await asyncio.wait_for(batcher.stop(), 60)
        assert await waiting == [4]

    run(test, delay_seconds=3600)


def test_several_threads_compute_at_the_same_time() -> None:
    async def test(batcher: Twice, work: Work) -> None:
        first = await busy(batcher, work)
        second = asyncio.create_task(ask(batcher, [2]))
        while len(work.batches) < 2:
            await asyncio.sleep(0)
        work.gate.set()
        assert await asyncio.gather(first, second) == [[2], [4]]

    run(test, threads=2)


@pytest.mark.parametrize(
    ("rate", "together"), [(0.0, 32), (50.0, 10), (1e6, 100), (0.1, 4), (1.0, 4)]
)
def test_batches_are_as_large_as_their_time_allows(rate: float, together: int) -> None:
    batcher = Twice(lambda items: items, most=100, delay_seconds=0, capacity=500, seconds=0.2)
    batcher._rate = rate
    found: list[int] = []

    async def inside() -> None:
        batcher._report = lambda report: found.append(report.products)
        batcher.start()
        with batcher.room(200) as ticket:
            assert await batcher.answer(ticket, range(200)) == list(range(200))
        await batcher.stop()

    asyncio.run(inside())
    assert found[0] == together
    assert sum(found) == 200


def test_without_a_bound_on_time_the_first_batch_is_a_full_one() -> None:
    sizes: list[int] = []

    async def test(batcher: Twice, _: Work) -> None:
        with batcher.room(9) as ticket:
            await batcher.answer(ticket, range(9))

    run(test, most=6, report=lambda report: sizes.append(report.products))
    assert sizes == [6, 3]
