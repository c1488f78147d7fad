"""Ratings, labels, flags and keywords: keys, menus and what they show."""

from __future__ import annotations

from rabbitviewer.models.keyword_choices import KeywordChoices
from rabbitviewer.models.tones import PhotoTones, ToneStore
from rabbitviewer.organise.keywords import KeywordEditor
from rabbitviewer.organise.marking import MarkActions
from rabbitviewer.view.histogram import HistogramView
from rabbitviewer.view.info_panel import InfoPanel
from rabbitviewer.view.overlay import PassingFigure
from rabbitviewer.wiring.parts import Parts


def add_marking(parts: Parts) -> None:
    """Let the user mark photos, by keys, menus, the keyword editor and the Info tab."""
    choices = KeywordChoices(parts.client, parts.listing, parts.marks, parts.window)
    marking = MarkActions(parts.window, parts.listing, parts.selection, parts.marks)
    for menu in marking.menus():
        parts.navigator.add_to_menu(menu, before="mark.keywords")
    figure = PassingFigure(parts.photo.canvas)
    marking.marked.connect(figure.say)
    editor = KeywordEditor(parts.window, parts.selection, parts.marks, choices)
    marking.keywords_wanted.connect(editor.open_editor)
    info = InfoPanel(parts.client, parts.selection, parts.marks, choices.words)
    info.shown.connect(choices.refresh)
    _add_histogram(parts, info)
    parts.rooms.info.put(info)


def _add_histogram(parts: Parts, info: InfoPanel) -> None:
    """Show in the Info tab how the tones of the photo are spread."""
    store = ToneStore(parts.client, info)
    histogram = HistogramView()
    histogram.hide()
    parts.listing.photos_changed.connect(store.forget)

    def ask(path: bytes) -> None:
        known = store.tones(path) if path else None
        histogram.setVisible(bool(path))
        histogram.show_tones(known)
        if path and known is None:
            store.want(path)

    def show(tones: PhotoTones) -> None:
        if tones.path == info.path:
            histogram.show_tones(tones)

    info.path_changed.connect(ask)
    store.ready.connect(show)
    info.put_histogram(histogram)
