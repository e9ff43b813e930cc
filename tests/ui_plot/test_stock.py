"""Plots made in steps, on the loop's own time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.ui.plot import Plot, Rest
from app.ui.stock import Steps, Stock
from tests.ui_plot.frames import ROWS


def looped(work: Coroutine[Any, Any, int]) -> int:
    """The result of a coroutine on a loop of its own, in a thread where no other loop runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def counting(rest: Rest) -> str:
    for _ in range(3):
        rest()
    return "done"


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "plots"]


def test_a_step_ends_where_the_work_rests() -> None:
    places: list[str] = []

    def work(rest: Rest) -> None:
        for place in "abc":
            places.append(place)
            rest()

    steps = Steps(work)
    for n in range(1, 4):
        steps.step()
        assert places == list("abc")[:n]
        assert not steps.done
    steps.step()
    assert steps.done


def test_the_result_is_there_when_the_work_is_done() -> None:
    steps = Steps(counting)
    while not steps.done:
        steps.step()
    assert steps.result == "done"


def test_what_the_work_raises_the_step_raises() -> None:
    def work(rest: Rest) -> None:
        rest()
        raise ValueError("no plot")

    steps = Steps(work)
    steps.step()
    with pytest.raises(ValueError, match="no plot"):
        steps.step()
    assert steps.done


def test_work_that_is_abandoned_leaves_no_thread() -> None:
    before = len(workers())
    steps = Steps(counting)
    steps.step()
    assert len(workers()) == before + 1
    steps.abandon()
    assert len(workers()) == before


def test_work_never_goes_on_beside_the_loop() -> None:
    turn = [""]

    def work(rest: Rest) -> None:
        for _ in range(50):
            assert turn[0] == "work"
            rest()

    steps = Steps(work)
    while not steps.done:
        turn[0] = "work"
        steps.step()
        turn[0] = "loop"


def within(stock: Stock, seen: Callable[[], bool]) -> int:
    """How many turns the loop has until it is so, with the stock being filled meanwhile."""

    async def run() -> int:
        filling, turns = asyncio.create_task(stock.run()), 0
        while not seen():
            await asyncio.sleep(0)
            turns += 1
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        return turns

    return looped(run())


def test_a_stock_fills_itself_while_the_loop_goes_on() -> None:
    stock = Stock(ROWS, 2)
    turns = within(stock, lambda: len(stock) == 2)
    assert turns > 40
    assert workers() == []


def test_what_is_taken_is_made_again() -> None:
    stock = Stock(ROWS, 1)
    within(stock, lambda: len(stock) == 1)
    first = stock.take()
    within(stock, lambda: len(stock) == 1)
    assert stock.take() is not first


def test_an_empty_stock_makes_a_plot_at_once() -> None:
    assert isinstance(Stock(ROWS).take(), Plot)


def test_who_waits_is_told_when_there_is_a_plot() -> None:
    async def run() -> int:
        stock = Stock(ROWS, 1)
        filling = asyncio.create_task(stock.run())
        await stock.ready()
        filling.cancel()
        return len(stock)

    assert looped(run()) == 1


def test_who_waits_need_not_wait_for_plots_that_cannot_be_made(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> int:
        stock = Stock(-1, 1)  # no table has so few rows
        filling = asyncio.create_task(stock.run())
        await asyncio.wait_for(stock.ready(), 10)
        filling.cancel()
        return len(stock)

    assert looped(run()) == 0
    assert "A plot could not be made" in caplog.text
