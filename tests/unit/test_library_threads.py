import asyncio
import threading

import pytest

from daemon.library import threads
from daemon.library.threads import FileThreads


def test_calls_that_hang_keep_no_others_from_running(monkeypatch):
    monkeypatch.setattr(threads, "_STUCK_S", 0.02)
    awake = threading.Event()

    async def main():
        pool = FileThreads()
        hanging = [asyncio.ensure_future(pool.run(awake.wait, 10)) for _ in range(30)]
        async with asyncio.timeout(5):
            answer = await pool.run(lambda: "here")
        awake.set()
        assert await asyncio.gather(*hanging) == [True] * 30
        pool.close()
        return answer

    assert asyncio.run(main()) == "here"


def test_what_a_call_raises_is_raised_where_it_is_waited_for():
    async def main():
        pool = FileThreads()
        try:
            await pool.run(int, "no number")
        finally:
            pool.close()

    with pytest.raises(ValueError, match="no number"):
        asyncio.run(main())


def test_a_closed_pool_takes_no_calls():
    async def main():
        pool = FileThreads()
        pool.close()
        await pool.run(int)

    with pytest.raises(RuntimeError):
        asyncio.run(main())
