"""Run, and the line under it that says what will happen."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton

from rabbitviewer.theme.controls import set_look, text_label


class RunButton(QPushButton):
    """The primary button.

    Attributes:
        plan: The line under it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setText(self.tr("Run"))
        self.setAccessibleName(self.text())
        self.setProperty("look", "primary")
        self.plan = text_label("", "small", wraps=True)
        self._can_run = False

    def show_plan(
        self, words: str, *, can_run: bool, trouble: bool, running: bool, photos: int
    ) -> None:
        """Say what it will do, and whether it can; *trouble*: the words say why not."""
        self.plan.setText(words)
        set_look(self.plan, "small-error" if trouble else "small")
        self._can_run = can_run
        if photos > 1:
            self.setText(self.tr("Run on {count} photos").format(count=photos))
        else:
            self.setText(self.tr("Run another") if running else self.tr("Run"))

    def enable(self, *, told: bool, looks: bool) -> None:
        """Let it be pressed where it can; *told*: the prompt is there, *looks*: so are looks."""
        self.setEnabled(self._can_run and told)
        if told:
            words = self.tr("Run (Ctrl+Enter)")
        elif looks:
            words = self.tr("Describe the look first, or choose one above")
        else:
            words = self.tr("Say what is wanted first")
        self.setToolTip(words)
