"""The whole window: filter, search, collections, panels, what comes back at the next start."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.values import Collection, PhotoEntry, PhotoFilter
from rabbitviewer.browse.breadcrumbs import Breadcrumbs
from rabbitviewer.browse.collections_list import CollectionsList
from rabbitviewer.browse.filter_bar import FilterBar
from rabbitviewer.browse.filter_controls import Stars
from rabbitviewer.composition import Built, build
from rabbitviewer.shell.command_palette import CommandPalette
from rabbitviewer.shell.panels import RIGHT
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.info_marks import TitleLine
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon

FOLDER = b"/photos"
NAMES = (b"rain.jpg", b"sea.jpg", b"sun.jpg")


def answer(daemon: FakeDaemon) -> None:
    """Answer as a daemon that knows three photos."""

    def folder(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.FolderOpen)
        whole = bool(request.collection or request.search)
        prefix = b"photos/" if whole else b""
        entries = tuple(PhotoEntry(prefix + name, 1000, 1) for name in NAMES)
        path = b"/" if whole else bytes(request.path)
        number = request.listing_id
        return [messages.FolderChunk(listing_id=number, path=path, entries=entries, last=True)]

    def arrange(request: messages.Message) -> list[tuple[messages.Message, bytes]]:
        assert isinstance(request, messages.ListingArrange)
        ids = b"" if request.filter.min_rating else b"\x01\x00\x00\x00"
        arranged = messages.ListingArranged(listing_id=request.listing_id, count=len(ids) // 4)
        return [(arranged, ids)]

    daemon.answer(messages.FolderOpen, folder)
    daemon.answer(messages.ListingArrange, arrange)
    known = messages.Collections(collections=(Collection("Best of", 3),))
    daemon.answer(messages.CollectionsRequest, lambda _: [known])


@pytest.fixture
def state() -> WindowState:
    return WindowState()


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon, state: WindowState
) -> Iterator[Built]:
    answer(fake_daemon)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    qtbot.addWidget(built.window)
    built.later.finish()
    built.window.resize(1000, 700)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(FOLDER)
    qtbot.waitUntil(lambda: len(built.listing) == len(NAMES))
    yield built
    built.client.close()
    built.window.close()


def trigger(built: Built, action_id: str) -> None:
    built.window.actions_by_id[action_id].trigger()


def rated(daemon: FakeDaemon) -> list[tuple[bytes, ...]]:
    """Say of which photos a mark was to be written."""
    asked = daemon.of(messages.SetMarks)
    return [each.paths for each in asked if isinstance(each, messages.SetMarks)]


def shown_words(widget: QWidget) -> str:
    return " ".join(each.text() for each in widget.findChildren(QLabel) if each.isVisible())


def palette_on_show(built: Built) -> CommandPalette:
    return next(each for each in built.window.findChildren(CommandPalette) if each.isVisible())


def choose(qtbot: QtBot, built: Built, text: str) -> None:
    """Type into the palette on show and press Enter."""
    field = palette_on_show(built).findChildren(QLineEdit)[0]
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def press(qtbot: QtBot, inside: QWidget, text: str) -> None:
    button = next(
        each
        for each in inside.findChildren(QPushButton)
        if each.text() == text and each.isVisible()
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_every_action_is_found_in_the_palette(qtbot: QtBot, built: Built) -> None:
    trigger(built, "window.palette")
    found = {command.id for command in palette_on_show(built).shown}
    wanted = {spec.id for spec in built.window.actions_by_id.specs()} - {"window.palette"}
    assert wanted - found == set()


def test_the_palette_opens_within_50_ms_of_cpu(built: Built) -> None:
    trigger(built, "window.palette")
    palette_on_show(built).close_overlay()
    began = time.thread_time()
    trigger(built, "window.palette")
    assert time.thread_time() - began < 0.05


def test_the_palette_knows_recent_folders_and_collections(qtbot: QtBot, built: Built) -> None:
    trigger(built, "window.palette")
    texts = {command.text for command in palette_on_show(built).shown}
    assert {"photos", "Best of"} <= texts


def test_typed_text_narrows_the_grid_and_the_status_line_says_so(
    qtbot: QtBot, built: Built
) -> None:
    built.window.top_bar.filter_changed.emit("sea")
    qtbot.waitUntil(lambda: len(built.listing) == 1)
    assert "1 of 3 photos" in shown_words(built.window.status)


def test_a_filter_that_nothing_matches_offers_to_clear_it(qtbot: QtBot, built: Built) -> None:
    trigger(built, "filter.toggle")
    bar = built.window.findChildren(FilterBar)[0]
    assert bar.isVisible()
    qtbot.keyClick(bar.findChildren(Stars)[0], Qt.Key.Key_5)
    qtbot.waitUntil(lambda: "No photo matches" in shown_words(built.window.pages))
    press(qtbot, built.window.pages, "Clear the filter")
    qtbot.waitUntil(lambda: len(built.listing) == len(NAMES))


def test_another_folder_forgets_the_filter(qtbot: QtBot, built: Built) -> None:
    built.window.top_bar.filter_changed.emit("sea")
    built.navigator.open_folder(b"/others")
    assert built.listing.photo_filter == PhotoFilter()
    assert built.window.top_bar.filter_text == ""


def test_a_search_over_all_folders_says_where_we_are(qtbot: QtBot, built: Built) -> None:
    trigger(built, "search.everywhere")
    choose(qtbot, built, "rain")
    qtbot.waitUntil(lambda: built.listing.search == "rain")
    assert "rain" in built.window.windowTitle()
    crumbs = built.window.findChildren(Breadcrumbs)[0].findChildren(QPushButton)
    assert any("“rain” in all folders" in each.text() for each in crumbs)


def test_a_photo_of_a_collection_opens_and_the_collection_stays(qtbot: QtBot, built: Built) -> None:
    built.navigator.open_collection("Best of")
    qtbot.waitUntil(lambda: len(built.listing) == len(NAMES))
    built.navigator.open_photo(b"/photos/sea.jpg")
    assert built.window.page == Page.PHOTO
    trigger(built, "photo.to_grid")
    assert built.listing.collection == "Best of"


def test_the_selection_goes_into_a_new_collection(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    trigger(built, "select.all")
    trigger(built, "collection.add")
    choose(qtbot, built, "Rainy days")
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.CollectionSave)))
    asked = fake_daemon.of(messages.CollectionSave)[0]
    assert isinstance(asked, messages.CollectionSave)
    assert (asked.name, len(asked.add)) == ("Rainy days", 3)


def test_selecting_all_inverting_and_none(qtbot: QtBot, built: Built) -> None:
    trigger(built, "select.all")
    assert len(built.grid.selected) == 3
    trigger(built, "select.invert")
    assert len(built.grid.selected) == 0
    trigger(built, "select.invert")
    trigger(built, "select.none")
    assert len(built.grid.selected) == 0


def test_subfolders_are_asked_for_and_remembered(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, state: WindowState
) -> None:
    trigger(built, "view.recursive")
    qtbot.waitUntil(
        lambda: any(each.recursive for each in fake_daemon.of(messages.FolderOpen))  # type: ignore[attr-defined]
    )
    assert state.recursive
    assert built.window.actions_by_id["view.recursive"].isChecked()


def test_pairs_are_a_setting(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, state: WindowState
) -> None:
    trigger(built, "view.pairs")
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.ConfigSet)))
    asked = fake_daemon.of(messages.ConfigSet)[0]
    assert isinstance(asked, messages.ConfigSet)
    assert (asked.key, asked.value) == ("library.pairs", False)
    assert not state.pairs


def test_the_photos_keep_half_of_a_narrow_window(qtbot: QtBot, built: Built) -> None:
    built.window.open_tab("info")
    qtbot.waitUntil(lambda: built.window.side.width() > 200)
    qtbot.waitUntil(lambda: built.window.pages.width() >= 498)
    assert built.window.panels.width_of(RIGHT) == 320


def test_the_filter_bar_comes_back_at_the_next_start(built: Built, state: WindowState) -> None:
    trigger(built, "filter.toggle")
    built.write_state(state)
    assert state.filter_open


def test_reading_facts_is_told_under_the_folders(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.publish(messages.IndexProgress(done=12_400, total=98_000))
    qtbot.waitUntil(lambda: "Reading facts: 12,400 of 98,000" in shown_words(built.window.panels))
    fake_daemon.publish(messages.IndexProgress(done=98_000, total=98_000))
    qtbot.waitUntil(lambda: "Reading facts" not in shown_words(built.window.panels))


def test_recent_folders_are_in_the_main_menu(built: Built) -> None:
    menus = [each.menu() for each in built.window.top_bar.menu.actions() if each.menu()]
    recent = next(each for each in menus if isinstance(each, QMenu) and "Recent" in each.title())
    recent.aboutToShow.emit()
    assert [each.text() for each in recent.actions()] == ["photos"]


@pytest.mark.parametrize(
    ("delta", "words"),
    [({"gone": True}, "This folder is gone")],
)
def test_a_folder_that_went_is_said_so_with_what_to_do(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, delta: dict, words: str
) -> None:
    number = built.listing.listing_id
    fake_daemon.publish(messages.FolderDelta(listing_id=number, number=1, **delta))
    qtbot.waitUntil(lambda: words in shown_words(built.window.pages))


def test_escape_leads_from_a_collection_back_to_the_folder(qtbot: QtBot, built: Built) -> None:
    built.navigator.open_collection("Best of")
    qtbot.keyClick(built.grid, Qt.Key.Key_Escape)
    assert built.listing.folder == FOLDER


def test_a_long_sentence_in_the_status_line_does_not_widen_the_window(built: Built) -> None:
    built.window.status.say("A very long sentence. " * 40, "Details", lambda: None)
    built.window.resize(1000, 700)
    assert built.window.status.minimumSizeHint().width() < 900


def test_keys_act_on_nothing_that_the_filter_hides(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    trigger(built, "select.all")
    built.window.top_bar.filter_changed.emit("sea")
    qtbot.waitUntil(lambda: len(built.listing) == 1)
    qtbot.waitUntil(built.window.actions_by_id["mark.rating_5"].isEnabled)
    trigger(built, "mark.rating_5")
    qtbot.waitUntil(lambda: bool(rated(fake_daemon)))
    assert rated(fake_daemon) == [(b"/photos/sea.jpg",)]


def test_the_current_photo_counts_again_once_the_filter_shows_it(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    built.navigator.go_to(0)
    built.window.top_bar.filter_changed.emit("sea")
    qtbot.waitUntil(lambda: len(built.listing) == 1)
    trigger(built, "mark.rating_4")
    trigger(built, "filter.clear")
    qtbot.waitUntil(lambda: len(built.listing) == 3)
    qtbot.waitUntil(built.window.actions_by_id["mark.rating_5"].isEnabled)
    trigger(built, "mark.rating_5")
    qtbot.waitUntil(lambda: bool(rated(fake_daemon)))
    assert rated(fake_daemon) == [(b"/photos/rain.jpg",)]


def test_escape_empties_the_search_then_goes_to_the_photos(qtbot: QtBot, built: Built) -> None:
    trigger(built, "filter.focus")
    box = built.window.focusWidget()
    qtbot.keyClicks(box, "sea")
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    emptied = built.window.top_bar.filter_text == "" and built.window.focusWidget() is box
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert emptied
    assert built.window.focusWidget() is built.grid


def test_enter_goes_from_the_search_to_what_was_found(qtbot: QtBot, built: Built) -> None:
    trigger(built, "filter.focus")
    box = built.window.focusWidget()
    qtbot.keyClicks(box, "sea")
    qtbot.waitUntil(lambda: len(built.listing) == 1)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert built.window.focusWidget() is built.grid
    assert tuple(built.grid.selected) == (b"/photos/sea.jpg",)


def test_a_collection_that_is_renamed_stays_open_under_its_new_name(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    known = messages.Collections(collections=(Collection("Finest", 3),))
    fake_daemon.answer(messages.CollectionSave, lambda _: [known])
    built.navigator.open_collection("Best of")
    listed = built.window.findChildren(CollectionsList)[0]
    listed.item(0).setText("Finest")
    qtbot.waitUntil(lambda: built.listing.collection == "Finest")


def test_a_collection_that_is_deleted_is_left_for_the_folder(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.answer(messages.CollectionDelete, lambda _: [messages.Collections(())])
    built.navigator.open_collection("Best of")
    listed = built.window.findChildren(CollectionsList)[0]
    listed.setCurrentRow(0)
    qtbot.keyClick(listed, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: built.listing.folder == FOLDER)


def test_keys_stay_with_the_photos_after_a_press_in_the_filter_bar(
    qtbot: QtBot, built: Built
) -> None:
    trigger(built, "filter.toggle")
    built.grid.setFocus()
    stars = built.window.findChildren(FilterBar)[0].findChildren(Stars)[0]
    qtbot.mouseClick(stars, Qt.MouseButton.LeftButton)
    assert built.window.focusWidget() is built.grid


def test_keys_stay_with_the_photos_after_a_press_on_the_size(qtbot: QtBot, built: Built) -> None:
    built.grid.setFocus()
    slider = built.window.top_bar.findChildren(QSlider)[0]
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton)
    assert built.window.focusWidget() is built.grid


def test_the_right_panel_is_never_narrower_than_what_stands_in_it(built: Built) -> None:
    panels = built.window.panels
    panels.restore(RIGHT, is_open=True, width=100)
    built.window.show()
    assert panels.width_of(RIGHT) == 240
    panels.setSizes([0, 1000, 100])
    assert panels.sizes()[2] >= 240


def test_the_filter_bar_goes_with_the_panels_and_comes_back(built: Built) -> None:
    trigger(built, "filter.toggle")
    bar = built.window.findChildren(FilterBar)[0]
    trigger(built, "panel.hide_all")
    hidden = not bar.isVisible()
    trigger(built, "panel.hide_all")
    assert (hidden, bar.isVisible()) == (True, True)


def test_escape_takes_back_a_typed_title(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    built.navigator.go_to(0)
    trigger(built, "panel.info")
    title = built.window.findChildren(TitleLine)[0]
    qtbot.waitUntil(title.isVisible)
    title.setFocus()
    qtbot.keyClicks(title, "sea")
    qtbot.keyClick(title, Qt.Key.Key_Escape)
    assert title.text() == ""
    assert rated(fake_daemon) == []
