from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from daemon.protocol.messages import FolderChunk, FolderDelta, FolderOpen
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.wiring.listing import ListingState


class Window(QObject):
    """Keeps what its status line says."""

    def __init__(self):
        super().__init__()
        self.said = []
        self.status = SimpleNamespace(say=self.said.append)


class Hosts(QObject):
    """Settings as the test wants them."""

    changed = Signal()
    values = {"window.thumbnails_mb": 64}  # noqa: RUF012

    def value(self, key):
        return self.values.get(key)


@pytest.fixture
def parts(client):
    budgets = []
    return SimpleNamespace(
        window=Window(),
        hosts=Hosts(),
        listing=ListingModel(client),
        thumbnails=SimpleNamespace(set_budget_mb=budgets.append, budgets=budgets),
    )


def test_a_drive_that_sleeps_is_told_and_so_is_its_return(qtbot, fake_daemon, parts):
    fake_daemon.answer(
        FolderOpen,
        lambda request: [
            FolderChunk(listing_id=request.listing_id, path=b"/nas", entries=(), last=True)
        ],
    )
    state = ListingState(parts)
    with qtbot.waitSignals([parts.listing.state_changed] * 2):
        parts.listing.open(b"/nas")
    for number, offline in ((1, True), (2, False)):
        with qtbot.waitSignal(parts.listing.state_changed):
            fake_daemon.publish(FolderDelta(listing_id=1, number=number, offline=offline))
    assert parts.window.said == [
        "nas does not answer: its drive is asleep or not connected",
        "nas answers again",
    ]
    assert state.parent() is parts.window


def test_thumbnails_take_the_room_that_the_settings_give_them(parts):
    state = ListingState(parts)
    parts.hosts.changed.emit()
    assert parts.thumbnails.budgets == [64, 64]
    assert state.parent() is parts.window
