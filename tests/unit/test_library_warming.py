import asyncio
import os
from types import SimpleNamespace

from daemon.library.keeping import PhotoState
from daemon.library.roll import Roll
from daemon.library.threads import FileThreads
from daemon.library.warming import Warming
from daemon.protocol.messages import ThumbnailRequest, WirePath
from daemon.protocol.values import PhotoEntry
from daemon.render import Priority
from daemon.tasks import PixelsMade
from tests.fakes.peer import FakePeer
from tests.fakes.render import FakeRender

MADE = PixelsMade(width_px=2, height_px=1, source_width_px=6000, source_height_px=3000)


class Kept:
    """Says that some photos have their thumbnails."""

    def __init__(self, *names):
        self.names = {b"/photos/" + name for name in names}

    def look(self, path, _size_px):
        return PhotoState(path, 1, 1), path if path in self.names else None


def open_listing(peer, *names):
    roll = Roll()
    roll.add([PhotoEntry(name, 1, 1) for name in names])
    return SimpleNamespace(peer=peer, path=b"/photos/", roll=roll)


def warm(kept, looked, *, limit_mb=100, busy=lambda: False, count=10):
    """Look at one of ten photos and return what is made, and how urgently."""

    async def main():
        render, threads, peer = FakeRender(lambda _task: (MADE, b"")), FileThreads(), FakePeer()
        warming = Warming(render, kept, threads, busy, lambda: limit_mb, quiet_s=0.001)
        warming.opened(open_listing(peer, *(b"%d.jpg" % number for number in range(count))))
        warming.looked_at(peer.peer_id, ThumbnailRequest(path=WirePath(looked), size_px=512))
        if warming._task is not None:
            await asyncio.wait({warming._task}, timeout=5)
        await warming.close()
        threads.close()
        return render

    render = asyncio.run(main())
    made = render.submitted
    return [os.path.basename(each.task.path) for each in made], {each.priority for each in made}


def test_what_is_missing_is_made_from_the_photo_that_was_looked_at_onward_and_round():
    names, priorities = warm(Kept(b"9.jpg", b"0.jpg"), b"/photos/7.jpg")
    assert names == [b"%d.jpg" % number for number in (7, 8, 1, 2, 3, 4, 5, 6)]
    assert priorities == {Priority.BACKGROUND}


def test_a_photo_outside_every_listing_warms_nothing():
    assert warm(Kept(), b"/elsewhere/7.jpg")[0] == []


def test_no_more_is_made_than_half_of_what_the_cache_holds():
    assert len(warm(Kept(), b"/photos/0.jpg", limit_mb=1)[0]) == 8


def test_it_rests_while_somebody_waits_for_pixels():
    waits = iter([True, True, False] + [False, True] + [False] * 1000)
    assert len(set(warm(Kept(), b"/photos/0.jpg", busy=lambda: next(waits))[0])) == 10


def test_nothing_more_is_made_once_the_folder_is_closed():
    async def main():
        made = []
        threads, peer = FileThreads(), FakePeer()
        listing = open_listing(peer, *(b"%d.jpg" % number for number in range(10)))

        def make(task):
            made.append(task.path)
            if len(made) == 3:
                warming.closed(listing)
            return MADE, b""

        render = FakeRender(make)
        warming = Warming(render, Kept(), threads, lambda: False, lambda: 100, quiet_s=0.001)
        warming.opened(listing)
        warming.looked_at(
            peer.peer_id, ThumbnailRequest(path=WirePath(b"/photos/0.jpg"), size_px=9)
        )
        await asyncio.wait({warming._task}, timeout=5)
        await warming.close()
        threads.close()
        return made

    assert len(asyncio.run(main())) == 3
