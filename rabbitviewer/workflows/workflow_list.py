"""The workflows by name: title, what each does, whether it can run."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from daemon.protocol.values import WorkflowInfo
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import Tokens, tokens
from rabbitviewer.workflows.workflow_words import operation_title, source_words, state_words

_INFO = int(Qt.ItemDataRole.UserRole)
_ROW = 52


class WorkflowList(QListWidget):
    """One row per workflow.

    Signals:
        chosen_changed: another one is chosen (its name; empty: none).
    """

    chosen_changed = QtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Workflows"))
        self.setItemDelegate(_RowPainter(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.currentItemChanged.connect(self._on_current_changed)

    @property
    def chosen(self) -> str:
        """Name of the chosen one; empty: none."""
        return self.currentItem().data(_INFO).name if self.currentRow() >= 0 else ""

    def choose(self, name: str) -> None:
        """Choose one."""
        for row in range(self.count()):
            if self.item(row).data(_INFO).name == name:
                self.setCurrentRow(row)
                return

    def show_workflows(self, workflows: tuple[WorkflowInfo, ...], *, checking: bool) -> None:
        """Show these, the same one chosen where it is still there."""
        before = self.chosen
        row = max(self.currentRow(), 0)
        with QSignalBlocker(self):
            self.clear()
            for workflow in workflows:
                item = QListWidgetItem()
                item.setData(_INFO, workflow)
                state = state_words(workflow, "", checking=checking)
                what = operation_title(workflow.operation)
                item.setData(
                    Qt.ItemDataRole.AccessibleTextRole, f"{workflow.title}, {what}, {state}"
                )
                item.setSizeHint(QSize(0, _ROW))
                self.addItem(item)
            names = [workflow.name for workflow in workflows]
            if workflows:
                found = names.index(before) if before in names else min(row, len(names) - 1)
                self.setCurrentRow(found)
        self.chosen_changed.emit(self.chosen)

    def _on_current_changed(self) -> None:
        self.chosen_changed.emit(self.chosen)


class _RowPainter(QStyledItemDelegate):
    """Paints title, second line and a sign at the right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one row."""
        look = tokens()
        workflow: WorkflowInfo = index.data(_INFO)
        state, box = option.state, QRect(option.rect)  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = box.adjusted(0, 1, 0, -1)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(look.accent_soft))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(look.raised))
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
        focused = state & QStyle.StateFlag.State_HasFocus
        painter.setPen(QColor(look.accent) if focused else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(inner.adjusted(0, 0, -1, -1), look.radius, look.radius)
        text = inner.adjusted(look.space_3, look.space_1 + 2, -look.space_3, -look.space_1 - 2)
        text.setRight(text.right() - look.icon_small - look.space_2)
        upper, lower = QRect(text), QRect(text)
        upper.setHeight(text.height() // 2)
        lower.setTop(upper.bottom() + 1)
        self._words(painter, upper, workflow.title, look.text, look.font_body)
        about = f"{operation_title(workflow.operation)} · {source_words(workflow.source)}"
        if not workflow.operation:
            about = source_words(workflow.source)
        self._words(painter, lower, about, look.text_secondary, look.font_small)
        sign, color = _sign(workflow, look)
        if sign:
            corner = QRect(0, 0, look.icon_small, look.icon_small)
            corner.moveCenter(inner.center())
            corner.moveRight(inner.right() - look.space_3)
            paint_icon(painter, corner, sign, color)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of a row."""
        del option, index
        return QSize(0, _ROW)

    def _words(self, painter: QPainter, box: QRect, words: str, color: str, size: int) -> None:
        font = QFont(painter.font())
        font.setPixelSize(size)
        painter.setFont(font)
        painter.setPen(QColor(color))
        elided = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, elided)


def _sign(workflow: WorkflowInfo, look: Tokens) -> tuple[str, str]:
    """Return the icon that says whether it can run; nothing while that is not known."""
    if workflow.usable is None:
        return "", ""
    if workflow.usable:
        return "ph.check-circle", look.success
    return "ph.warning-circle", look.error
