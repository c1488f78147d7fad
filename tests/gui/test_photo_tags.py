"""The words on the photo: whose picture it is."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.overlay import paint_tag


def test_words_that_are_too_long_stay_on_their_side_of_the_photo(qapp: QApplication) -> None:
    image = QImage(400, 100, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.setFont(qapp.font())
    side = QRectF(200, 0, 200, 100)
    paint_tag(painter, side, "warm evening light " * 20 + "· 41 %", tokens(), right=True)
    painter.end()
    inked = [x for x in range(400) for y in range(100) if image.pixel(x, y) != 0xFFFFFFFF]
    assert min(inked) >= 200 + tokens().space_3 - 1
    assert max(inked) < 400
