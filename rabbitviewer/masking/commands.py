"""What is done to a whole mask: undo, invert, grow, fill, files and clipboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QStandardPaths
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import Failed, MaskChange, MaskExport, Message, WirePath
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.masking.amounts import AmountCard, InvertCard
from rabbitviewer.masking.pasting import wanted_from_clipboard, wanted_from_file
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.mask_changes import MaskChanges, Wanted, resized
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.models.paint_choices import Mode
from rabbitviewer.organise.files_question import Question
from rabbitviewer.pool.pool_words import error_words
from rabbitviewer.words import file_name

_AMOUNT_PX = 10.0
_TONE_SPAN = 0.1

Say = Callable[[str], object]


class MaskCommands(QObject):
    """Runs the mask actions that are no tools."""

    def __init__(
        self,
        window: QWidget,
        client: DaemonClient,
        masks: MaskModel,
        changes: MaskChanges,
        settings: PaintSettings,
        say: Say,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._client = client
        self._masks = masks
        self._changes = changes
        self._settings = settings
        self._say = say
        self._card: AmountCard | None = None
        self._alpha_card: InvertCard | None = None
        self._question: Question | None = None
        self._dialog: QFileDialog | None = None
        self._amounts: dict[str, float] = {}
        changes.refused.connect(self._on_refused)
        changes.failed.connect(self._on_failed)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what each action without a tool does, by its name."""
        return {
            "undo": self._edit("undo"),
            "redo": self._edit("redo"),
            "invert": self._edit("invert"),
            "clear": self._edit("clear"),
            "fill": self._edit("fill"),
            "grow": lambda: self._ask_amount("grow"),
            "shrink": lambda: self._ask_amount("shrink"),
            "feather": lambda: self._ask_amount("feather"),
            "smooth": lambda: self._ask_amount("smooth"),
            "fill_holes": lambda: self._run(_change("fill_holes")),
            "from_alpha": self._ask_alpha,
            "import": self._choose_import,
            "export": self._choose_export,
            "paste": self._paste,
        }

    # ------------------------------------------------------------ selections

    def pick(self, tool: str, at: QPointF, mode: Mode, tone: float | None) -> None:
        """Select by the place that was clicked.

        Args:
            tool: similar | luminosity.
            at: Column and row.
            mode: How the selection combines.
            tone: Luminosity of the photo there, 0..1; None: not known.
        """
        painting = self._masks.painting
        if painting is None:
            return
        column, row = int(at.x()), int(at.y())
        if not (0 <= column < painting.width_px and 0 <= row < painting.height_px):
            return
        if tool == "similar":
            choices = self._settings.choices
            request = MaskChange(
                session_id=0,
                change="similar",
                row=row,
                column=column,
                tolerance=choices.tolerance,
                contiguous=choices.contiguous,
            )
            self._run(Wanted(request, mode))
        elif tone is not None:
            low, high = max(tone - _TONE_SPAN, 0.0), min(tone + _TONE_SPAN, 1.0)
            self._settings.set(low=round(low, 2), high=round(high, 2))
            self.select_range(mode)

    def select_range(self, mode: Mode | None = None) -> None:
        """Select the luminosity range that is set."""
        choices = self._settings.choices
        request = MaskChange(
            session_id=0,
            change="luminosity",
            low=choices.low,
            high=choices.high,
            softness=choices.softness,
        )
        self._run(Wanted(request, mode or choices.mode))

    # ------------------------------------------------------------ the whole mask

    def _edit(self, name: str) -> Callable[[], object]:
        def run() -> None:
            editing = self._masks.editing
            if editing is None:
                return
            if self._changes.blocks:
                self.tell_blocked()
            else:
                getattr(editing, name)()

        return run

    def tell_blocked(self) -> None:
        """Say that something has to be waited for."""
        self._say(self.tr("The mask is being worked on. Wait a moment, or press Stop."))

    def _run(self, wanted: Wanted) -> None:
        editing = self._masks.editing
        if editing is None:
            return
        # what is still being painted counts: the daemon looks at the file
        editing.when_idle(lambda: self._start(wanted))

    def _start(self, wanted: Wanted) -> None:
        if not self._changes.run(wanted) and self._masks.is_painting:
            self.tell_blocked()

    def _ask_amount(self, change: str) -> None:
        titles = {
            "grow": self.tr("Grow the mask"),
            "shrink": self.tr("Shrink the mask"),
            "feather": self.tr("Feather the mask"),
            "smooth": self.tr("Smooth the mask"),
        }
        words = {
            "grow": self.tr("Its edge moves outward by as many pixels of the photo."),
            "shrink": self.tr("Its edge moves inward by as many pixels of the photo."),
            "feather": self.tr("Its edge becomes soft over about as many pixels of the photo."),
            "smooth": self.tr("Corners and specks smaller than this go."),
        }

        def run(amount: float) -> None:
            self._amounts[change] = amount
            self._run(_change(change, amount_px=amount))

        if self._card is None:
            self._card = AmountCard(self._window)
        amount = self._amounts.get(change, _AMOUNT_PX)
        self._card.ask(titles[change], words[change], amount, run)

    def _ask_alpha(self) -> None:
        def run(invert: bool) -> None:
            request = MaskChange(session_id=0, change="alpha", invert=invert)
            self._run(Wanted(request, "replace"))

        if self._alpha_card is None:
            self._alpha_card = InvertCard(self._window)
        self._alpha_card.ask(
            self.tr("Mask from the photo's transparency"),
            self.tr("Transparent becomes white, opaque black. It takes the place of the mask."),
            run,
        )

    # ------------------------------------------------------------ files and clipboard

    def _paste(self) -> None:
        wanted = wanted_from_clipboard(QGuiApplication.clipboard().mimeData())
        if wanted is None:
            self._say(self.tr("There is no picture on the clipboard that could be a mask."))
        else:
            self._run(wanted)

    def _choose_import(self) -> None:
        dialog = self._new_dialog(self.tr("Mask from a file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._on_import)
        dialog.show()

    def _on_import(self, path: str) -> None:
        self._run(wanted_from_file(os.fsencode(path)))

    def _choose_export(self) -> None:
        painting = self._masks.painting
        if painting is None:
            return
        dialog = self._new_dialog(self.tr("Save the mask as a file"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.selectFile(f"{Path(file_name(painting.path)).stem}_mask.png")
        dialog.fileSelected.connect(self._on_export)
        dialog.show()

    def _on_export(self, path: str) -> None:
        painting = self._masks.painting
        if painting is None:
            return
        self._masks.save()

        def on_answer(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, Failed):
                self._on_failed(answer.error)
            else:
                self._say(self.tr("Mask saved as {file}").format(file=path))

        request = MaskExport(
            output=WirePath(os.fsencode(path)), slot=painting.slot, pool=painting.pool_id
        )
        self._client.send(request, on_answer)

    def _new_dialog(self, title: str) -> QFileDialog:
        """Return a dialog that nothing waits for."""
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        dialog = QFileDialog(self._window, title)
        # not given at once: Qt would take a folder that is not there as the name of a file
        dialog.setDirectory(pictures)
        dialog.setNameFilter(self.tr("Pictures (*.png *.tif *.tiff *.jpg *.webp *.bmp)"))
        dialog.setModal(False)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        return dialog

    # ------------------------------------------------------------ refusals

    def _on_refused(self, wanted: Wanted, error: ErrorInfo) -> None:
        """Ask whether a picture of another size is to be fitted."""
        if self._question is None:
            self._question = Question(self._window)
        self._question.ask(
            self.tr("The mask has another size than the photo"),
            error.message,
            (self.tr("Resize it"), lambda: self._run(resized(wanted))),
            (self.tr("Cancel"), None),
        )

    def _on_failed(self, error: ErrorInfo) -> None:
        self._say(error_words(error))


def _change(change: str, *, amount_px: float = 0.0) -> Wanted:
    return Wanted(MaskChange(session_id=0, change=change, amount_px=amount_px))
