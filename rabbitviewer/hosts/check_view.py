"""What a test of a connection found, one line for each step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.hosting import CheckStep, HostChecked
from rabbitviewer.theme.controls import Fold, text_label
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

_SIGNS = {
    "ok": ("ph.check-circle", "success"),
    "warning": ("ph.warning", "accent_text"),
    "failed": ("ph.x-circle", "error"),
    "skipped": ("ph.minus-circle", "text_secondary"),
}
WORKFLOW = "workflow"


class CheckView(QWidget):
    """Steps with a sign, words and advice; the workflows folded away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, tokens().space_1, 0, 0)
        self._lines.setSpacing(tokens().space_2)

    def clear(self) -> None:
        """Show nothing."""
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def show_testing(self) -> None:
        """Say that the answer is still to come."""
        self.clear()
        self._lines.addWidget(text_label(self.tr("Testing the connection…"), "secondary"))

    def show_error(self, error: ErrorInfo) -> None:
        """Say why nothing could be tested."""
        self.clear()
        step = CheckStep(step="", state="failed", message=error.message, hint=error.hint)
        self._lines.addWidget(_Steps((step,), with_names=False))

    def show_checked(self, checked: HostChecked) -> None:
        """Show what the steps found."""
        self.clear()
        steps = _told([each for each in checked.steps if each.step != WORKFLOW])
        workflows = tuple(each for each in checked.steps if each.step == WORKFLOW)
        self._lines.addWidget(_Steps(steps, with_names=True))
        if len(steps) < len(checked.steps) - len(workflows):
            rest = self.tr("The steps after it were not tested.")
            self._lines.addWidget(text_label(rest, "secondary", wraps=True))
        asked = [each for each in workflows if each.state != "skipped"]
        if asked:
            able = sum(each.state == "ok" for each in asked)
            words = self.tr("Workflows: {able} of {count} can run there")
            title = words.format(able=able, count=len(asked))
            ordered = sorted(workflows, key=lambda each: each.state == "ok")
            self._lines.addWidget(Fold(title, _Steps(tuple(ordered), with_names=True)))
        self.setAccessibleName(verdict_words(checked))


def _told(steps: list[CheckStep]) -> tuple[CheckStep, ...]:
    """Leave out what could not be tested because a step before it failed."""
    failed = next((place for place, each in enumerate(steps) if each.state == "failed"), len(steps))
    return tuple(
        each for place, each in enumerate(steps) if place <= failed or each.state != "skipped"
    )


class _Steps(QWidget):
    """One line a step: sign, name, what was found; what to do under it."""

    def __init__(self, steps: tuple[CheckStep, ...], *, with_names: bool) -> None:
        super().__init__()
        look = tokens()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(look.space_2)
        grid.setVerticalSpacing(look.space_1)
        grid.setColumnStretch(2, 1)
        top = Qt.AlignmentFlag.AlignTop
        names = self._names()
        states = self._states()
        for number, each in enumerate(steps):
            row = 2 * number
            name = each.subject or names.get(each.step, each.step)
            sign = QLabel()
            side = look.icon_small
            sign.setPixmap(icon(*_SIGNS.get(each.state, _SIGNS["skipped"])).pixmap(side, side))
            sign.setAccessibleName(states.get(each.state, each.state))
            sign.setToolTip(states.get(each.state, each.state))
            grid.addWidget(sign, row, 0, top)
            quiet = "secondary" if each.state == "skipped" else ""
            message = text_label(each.message, quiet, wraps=True)
            message.setAccessibleName(f"{name}: {states.get(each.state, '')}. {each.message}")
            message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            if with_names and not each.subject:
                grid.addWidget(text_label(name, "secondary"), row, 1, top)
                grid.addWidget(message, row, 2, top)
            else:
                message.setText(f"{name}: {each.message}" if each.subject else each.message)
                grid.addWidget(message, row, 1, 1, 2, top)
            if each.hint:
                hint = text_label(each.hint, "secondary", wraps=True)
                hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                first = 2 if with_names and not each.subject else 1
                grid.addWidget(hint, row + 1, first, 1, 3 - first, top)

    def _names(self) -> dict[str, str]:
        return {
            "dns": self.tr("Name"),
            "tcp": self.tr("Port"),
            "tls": self.tr("Encryption"),
            "auth": self.tr("Login"),
            "api": self.tr("ComfyUI"),
            "websocket": self.tr("Live progress"),
            "version": self.tr("Version"),
            "devices": self.tr("Devices"),
            "queue": self.tr("Queue"),
        }

    def _states(self) -> dict[str, str]:
        return {
            "ok": self.tr("Fine"),
            "warning": self.tr("Works, but"),
            "failed": self.tr("Failed"),
            "skipped": self.tr("Not tested"),
        }


def verdict_words(checked: HostChecked) -> str:
    """Return the first thing that failed, else the last thing that was found."""
    steps = [each for each in checked.steps if each.step != WORKFLOW]
    failed = next((each for each in steps if each.state == "failed"), None)
    shown = failed or next(reversed(steps), None)
    return shown.message if shown is not None else ""


def step_message(checked: HostChecked | None, step: str) -> str:
    """Return what one step found; empty: it failed, or nobody tested."""
    steps = checked.steps if checked is not None else ()
    good = (each for each in steps if each.state in ("ok", "warning"))
    return next((each.message for each in good if each.step == step), "")
