"""Which photos a grade is made of and through which mask: the upper part of the Edit tab."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from daemon.protocol.formats import format_by_extension
from rabbitviewer.edit.mask_rows import MaskRows
from rabbitviewer.edit.rows import Rows
from rabbitviewer.edit.source_rows import SourceRows
from rabbitviewer.edit.subject import (
    FILE,
    OWN,
    POOL,
    SELECTION,
    SLOT,
    Facts,
    Painting,
    Subject,
    Wish,
)
from rabbitviewer.edit.subject_picture import SubjectPicture
from rabbitviewer.edit.subject_rules import subject_of
from rabbitviewer.models.pool_contents import ACTIVE, PoolContents
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.controls import ElidedLabel, text_label
from rabbitviewer.theme.tokens import tokens

_VIEWER = "grade form"


class SubjectForm(QWidget):
    """Source and mask of a grade; says what they come to.

    Signals:
        changed: the subject is another one.
        paint_wanted: paint a mask (the slot; empty: of the photo on show).
    """

    changed = Signal()
    paint_wanted = Signal(str)

    def __init__(
        self,
        selection: Selection,
        contents: PoolContents,
        thumbnails: ThumbnailStore,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._selection = selection
        self._contents = contents
        self._thumbnails = thumbnails
        self._wish = Wish()
        self._before_all = Wish()
        self._painting: Painting | None = None
        self._key: object = None
        self._is_late = False
        self._seen_mask = (b"", 0)
        self._subject = Subject(0, "")
        self._picture = SubjectPicture()
        self._title = ElidedLabel("heading")
        self._detail = text_label("", "small", wraps=True)
        self._note = text_label("", "small", wraps=True)
        rows = Rows(self.font())
        self._source = SourceRows(rows, self)
        self._mask = MaskRows(rows, self)
        self._lay_out(rows)
        self._connect()
        self._show()

    @property
    def subject(self) -> Subject:
        """What the form comes to now."""
        if self._is_late:
            self._work_out()
        return self._subject

    @property
    def wish(self) -> Wish:
        """What the form says."""
        return self._wish

    @property
    def photo_size(self) -> tuple[int, int] | None:
        """Width and height of the photo, of several those of the first; None: not known yet."""
        subject = self.subject
        path = subject.path or next(iter(subject.several), b"")
        return self._size_of(path) if path else None

    def choose_source(self, source: str) -> None:
        """Take photos from the selection, from a slot, or all of the pool."""
        if source == self._wish.source:
            return
        if source == POOL:
            self._before_all = self._wish
        self._take(dataclasses.replace(self._wish, source=source))

    def end_all(self) -> None:
        """The whole pool was asked for once: go back to what was chosen before."""
        if self._wish.source == POOL:
            self.choose_source(self._before_all.source)

    def set_painting(self, painting: Painting | None) -> None:
        """Say which mask is being painted; None: none."""
        before = self._painting
        began = painting is not None and (
            before is None or (before.pool_id, before.slot) != (painting.pool_id, painting.slot)
        )
        self._painting = painting
        if began and painting is not None and painting.slot == self.subject.slot:
            self._wish = dataclasses.replace(self._wish, mask=OWN)
        self._show()

    # ------------------------------------------------------------ parts

    def _lay_out(self, rows: Rows) -> None:
        look = tokens()
        words = QVBoxLayout()
        words.setSpacing(look.space_1)
        words.addStretch(1)
        for label in (self._title, self._detail, self._note):
            words.addWidget(label)
        words.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(look.space_3)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_3)
        layout.addLayout(top)
        layout.addLayout(rows)

    def _connect(self) -> None:
        self._source.source_chosen.connect(self.choose_source)
        self._source.pool_chosen.connect(self._on_pool_chosen)
        self._source.index_chosen.connect(self._on_index_chosen)
        self._mask.mask_chosen.connect(self._on_mask_chosen)
        self._mask.file_chosen.connect(self.use_mask_file)
        self._mask.fit_chosen.connect(self._on_fit_chosen)
        self._mask.paint_pressed.connect(self._on_paint_pressed)
        self._selection.current_changed.connect(self._show)
        self._selection.selected_changed.connect(self._show)
        self._contents.changed.connect(self._show)
        self._thumbnails.ready.connect(self._on_ready)

    # ------------------------------------------------------------ what is chosen

    def _take(self, wish: Wish) -> None:
        if wish != self._wish:
            self._wish = wish
            self._show()

    def _on_pool_chosen(self, pool_id: str) -> None:
        own = self._contents.own
        same = own is not None and own.pool_id == pool_id
        self._take(dataclasses.replace(self._wish, pool_id="" if same else pool_id, index=ACTIVE))

    def _on_index_chosen(self, index: int) -> None:
        self._take(dataclasses.replace(self._wish, index=index))

    def _on_mask_chosen(self, mask: str) -> None:
        self._take(dataclasses.replace(self._wish, mask=mask))

    def _on_fit_chosen(self, fit: bool) -> None:
        self._take(dataclasses.replace(self._wish, resize=fit))

    def use_mask_file(self, path: bytes) -> None:
        """Grade through the mask in a file."""
        self._take(dataclasses.replace(self._wish, mask=FILE, mask_file=path, resize=False))

    def _on_paint_pressed(self) -> None:
        self._wish = dataclasses.replace(self._wish, mask=OWN)
        self._show()
        self.paint_wanted.emit(self._subject.slot)

    # ------------------------------------------------------------ what is shown

    def _show(self, *_what: object) -> None:
        """Show what the form comes to; while nobody looks, that can wait."""
        if not self.isVisible():
            self._is_late = True
            return
        self._work_out()
        self._show_words()
        own = self._contents.own
        self._source.show_wish(self._wish, self._contents.pools, own.pool_id if own else "")
        self._mask.show_subject(self._subject, self._wish)
        self._forget_old_mask()
        self._want()
        self._show_picture()
        self.changed.emit()

    def _work_out(self) -> None:
        self._is_late = False
        self._go_with_the_pools()
        facts = Facts(
            self._selection.selected,
            self._contents.own,
            None if self._wish.source == SELECTION else self._contents.content(self._wish.pool_id),
            self._painting,
            self._problem_of,
            self._size_of,
        )
        key = self._key_of(facts)
        if key != self._key:
            self._key = key
            self._wish = dataclasses.replace(self._wish, mask=OWN, mask_file=b"")
        self._subject = subject_of(self._wish, facts)

    def _go_with_the_pools(self) -> None:
        """Go back to the window's own pool where the chosen one is gone."""
        chosen, own = self._wish.pool_id, self._contents.own
        known = {each.pool_id for each in self._contents.pools}
        if chosen and known and (chosen not in known or (own and own.pool_id == chosen)):
            self._wish = dataclasses.replace(self._wish, pool_id="")

    def _key_of(self, facts: Facts) -> object:
        """Return what a choice of mask belongs to: another photo begins with its own mask."""
        source = self._wish.source
        if source == SELECTION:
            several = len(facts.selected) > 1
            return (source, len(facts.selected) if several else self._selection.current)
        slot = facts.pool.pick(self._wish.index) if facts.pool and source == SLOT else None
        return (source, facts.pool.pool_id if facts.pool else "", slot.slot if slot else "")

    def _show_words(self) -> None:
        subject = self._subject
        self._title.setText(subject.title)
        for label, words in ((self._detail, subject.detail), (self._note, subject.note)):
            label.setText(words)
            label.setVisible(bool(words))

    # ------------------------------------------------------------ pictures

    def _problem_of(self, path: bytes) -> str:
        promised = format_by_extension(path) if path else None
        if promised is not None and promised.kind == "video":
            return self.tr("Videos are shown, not graded.")
        error = self._thumbnails.error(path)
        return "" if error is None else f"{error.message} {error.hint}".strip()

    def _size_of(self, path: bytes) -> tuple[int, int] | None:
        known = self._thumbnails.thumbnail(path) if path else None
        return None if known is None else (known.source_width, known.source_height)

    def _forget_old_mask(self) -> None:
        """Let a mask that was written anew be read anew."""
        now = (self._subject.mask, self._subject.mask_mtime_ns)
        if now[0] and now[0] == self._seen_mask[0] and now != self._seen_mask:
            self._thumbnails.forget([now[0]])
        self._seen_mask = now if now[0] else self._seen_mask

    def _want(self) -> None:
        subject = self._subject
        wanted = [path for path in (subject.path, subject.mask, *subject.several) if path]
        self._thumbnails.want(wanted if self.isVisible() else (), viewer=_VIEWER)

    def _show_picture(self) -> None:
        subject = self._subject
        if subject.several:
            self._picture.show_several([self._pixels(path) for path in subject.several])
        else:
            self._picture.show_picture(
                self._pixels(subject.path), self._pixels(subject.mask), self._stand_in()
            )

    def _pixels(self, path: bytes) -> QImage | None:
        known = self._thumbnails.thumbnail(path) if path else None
        return known.image if known is not None else None

    def _stand_in(self) -> str:
        """Return the icon that stands where there are no pixels."""
        if self._subject.path and self._thumbnails.error(self._subject.path) is not None:
            return "ph.warning-circle"
        return "ph.image"

    def _on_ready(self, path: bytes) -> None:
        several = bool(self._subject.several)
        if path in (self._subject.path, self._subject.mask) or (
            several and self._thumbnails.error(path) is not None
        ):
            self._show()
        elif path in self._subject.several:
            self._show_picture()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the pictures."""
        super().showEvent(event)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the daemon alone."""
        super().hideEvent(event)
        self._want()
