"""The form of one ComfyUI machine: where it is, how one logs in, a test before it is saved."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.hosting import DEFAULT_PORT, HostChecked, HostEntry
from rabbitviewer.hosts.address import free_name, is_name, split_address
from rabbitviewer.hosts.check_view import CheckView, verdict_words
from rabbitviewer.hosts.login_form import LoginForm
from rabbitviewer.models.host_entries import HostEntriesModel
from rabbitviewer.organise.files_card import Card
from rabbitviewer.theme.controls import Fold, Tick, push_button, set_look, text_label
from rabbitviewer.theme.tokens import tokens

_WIDTH = 560
_LEAST_HEIGHT, _MOST_HEIGHT = 240, 560
_LABELS = 124
_PASTED = 4
_MOST_PORT = 65535


class HostForm(Card):
    """Asks for a machine, tries it, writes it into config.yaml.

    Signals:
        saved: it stands in the settings (:class:`HostEntry`, whether it is new).
    """

    saved = Signal(object, bool)

    def __init__(self, window: QWidget, entries: HostEntriesModel) -> None:
        super().__init__("", window, width=_WIDTH)
        self._entries = entries
        self._edited: HostEntry | None = None
        self._length = 0
        self._tested = 0
        self._named_by_hand = False
        self._name = self._field(self.tr("Name"))
        self._address = self._field(self.tr("Address"))
        self._address.setPlaceholderText(self.tr("192.168.1.100, or paste its URL"))
        self._port = self._field(self.tr("Port"), str(DEFAULT_PORT))
        self._port.setValidator(QIntValidator(1, _MOST_PORT, self))
        self._https = Tick(self.tr("Encrypted (https)"))
        self._prefix = self._field(self.tr("Path prefix"), "/comfy")
        self._ca_file = self._field(self.tr("CA file"), self.tr("The system's own"))
        self._cert = self._field(self.tr("Client certificate"), self.tr("None"))
        self._key = self._field(self.tr("Its key"), self.tr("In the same file"))
        self._proxy = self._field(self.tr("Proxy"), self.tr("None"))
        self._login = LoginForm(_LABELS)
        self._more = Fold(self.tr("More"), self._make_more())
        self._check = CheckView()
        self._verdict = text_label("", "small", wraps=True)
        self._test = push_button(self.tr("Test connection"), "", "ph.arrows-clockwise")
        self._save = push_button(self.tr("Save"), "primary")
        self._lay_out()
        self._connect()

    def ask(self, entry: HostEntry | None) -> None:
        """Open for *entry*; None: a machine that is not there yet."""
        self._edited = entry
        self._named_by_hand = entry is not None
        new, old = self.tr("Connect a ComfyUI machine"), self.tr("Edit {name}")
        self.set_title(old.format(name=entry.name) if entry else new)
        self._fill(entry or HostEntry(name="", host=""))
        self.open_card(self._address if entry is None else self._name)

    def fill(self, entry: HostEntry) -> None:
        """Propose *entry* for the new machine; what opens it has to be typed."""
        self._named_by_hand = True
        hidden = {"token": "", "password": "", "headers": {}}
        self._fill(msgspec.structs.replace(entry, **hidden))

    def _fill(self, shown: HostEntry) -> None:
        for field, text in (
            (self._name, shown.name),
            (self._address, shown.host),
            (self._prefix, shown.prefix),
            (self._ca_file, shown.ca_file),
            (self._cert, shown.client_cert),
            (self._key, shown.client_key),
            (self._proxy, shown.proxy),
        ):
            with QSignalBlocker(field):
                field.setText(text)
        self._length = len(shown.host)
        with QSignalBlocker(self._port), QSignalBlocker(self._https):
            self._port.setText(str(shown.port))
            self._https.setChecked(shown.https)
        self._login.show_entry(shown, has_keyring=self._entries.has_keyring)
        more = (shown.prefix, shown.ca_file, shown.client_cert, shown.client_key, shown.proxy)
        self._more.set_open(is_open=any(more))
        self._tested += 1
        self._check.clear()
        self._show()
        self._fit()

    def submit(self) -> None:
        """Save."""
        problem = self._problem()
        if problem:
            self._say(problem, bad=True)
            return
        entry, secret = self._entry(plain=False)
        replaces = self._edited.name if self._edited is not None else ""
        is_new = self._edited is None
        self._save.setEnabled(False)

        def hear(error: ErrorInfo | None) -> None:
            self._save.setEnabled(True)
            if error is not None:
                self._say(f"{error.message} {error.hint}".strip(), bad=True)
                return
            self.close_card()
            self.saved.emit(entry, is_new)

        self._entries.save(entry, replaces, secret, hear)

    # ------------------------------------------------------------ parts

    def _field(self, name: str, hint: str = "") -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setPlaceholderText(hint)
        return field

    def _make_more(self) -> QWidget:
        inside = QWidget()
        grid = _grid(inside)
        for row, field in enumerate(
            (self._prefix, self._ca_file, self._cert, self._key, self._proxy)
        ):
            grid.addWidget(_label(field.accessibleName()), row, 0)
            grid.addWidget(field, row, 1)
        return inside

    def _lay_out(self) -> None:
        look = tokens()
        content = QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(0, 0, look.space_2, 0)
        inside.setSpacing(look.space_3)
        fields = QWidget()
        grid = _grid(fields)
        where = QHBoxLayout()
        where.setSpacing(look.space_2)
        where.addWidget(self._address, 1)
        where.addWidget(text_label(self.tr("Port"), "secondary"))
        where.addWidget(self._port)
        self._port.setFixedWidth(3 * look.space_5)
        for row, words in enumerate((self.tr("Address"), self.tr("Name"))):
            grid.addWidget(_label(words), row, 0)
        grid.addLayout(where, 0, 1)
        grid.addWidget(self._name, 1, 1)
        grid.addWidget(self._https, 2, 1, Qt.AlignmentFlag.AlignLeft)
        for widget in (fields, self._login, self._more, self._check):
            inside.addWidget(widget)
        inside.addStretch(1)
        self._scroll = scroll = _Tall(content)
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addWidget(self._test)
        buttons.addWidget(self._verdict, 1)
        buttons.addWidget(self._save)
        self.body.addWidget(scroll, 1)
        self.body.addLayout(buttons)

    def _connect(self) -> None:
        self._address.textEdited.connect(self._on_address_typed)
        self._address.editingFinished.connect(self._split)
        self._name.textEdited.connect(self._on_name_typed)
        typed = (self._port, self._prefix, self._ca_file, self._cert, self._key, self._proxy)
        for field in typed:
            field.textEdited.connect(self._show)
        self._login.changed.connect(self._show)
        self._more.toggled.connect(self._fit)
        self._login.changed.connect(self._fit)
        self._test.clicked.connect(self._run_test)
        self._save.clicked.connect(self.submit)

    def _fit(self) -> None:
        """Be as high as what is filled in, once it is laid out."""
        QTimer.singleShot(0, self, self._place_again)

    def _place_again(self) -> None:
        if self.isVisible():
            self._scroll.updateGeometry()
            self.place()

    # ------------------------------------------------------------ what is filled in

    def _entry(self, *, plain: bool) -> tuple[HostEntry, str]:
        """Return the machine as it is filled in, and its secret."""
        before = self._edited or HostEntry(name="", host="")
        entry = msgspec.structs.replace(
            before,
            name=self._name.text().strip(),
            host=self._address.text().strip().strip("[]"),
            port=int(self._port.text() or DEFAULT_PORT),
            https=self._https.isChecked(),
            prefix=_prefix(self._prefix.text()),
            ca_file=self._ca_file.text().strip(),
            client_cert=self._cert.text().strip(),
            client_key=self._key.text().strip(),
            proxy=self._proxy.text().strip(),
        )
        return self._login.put_into(entry, plain=plain)

    def _problem(self) -> str:
        """Say what is missing or cannot be; empty: it can be saved."""
        name = self._name.text().strip()
        if split_address(self._address.text()) is None:
            return self.tr("Fill in an address: a name, an IP address or a URL.")
        if not is_name(name):
            return self.tr("Fill in a name without slash and colon.")
        own = self._edited.name if self._edited is not None else ""
        others = [each.name for each in self._entries.entries if each.name != own]
        if name in others and not self._entries.is_single:
            return self.tr("There is a host {name} already.").format(name=name)
        return self._login.problem

    def _on_name_typed(self) -> None:
        self._named_by_hand = True
        self._show()

    def _on_address_typed(self, text: str) -> None:
        """Take a pasted URL apart at once, a typed one when it is finished."""
        pasted = len(text) - self._length >= _PASTED and "://" in text
        self._length = len(text)
        if pasted:
            self._split()
        self._name_it()
        self._show()

    def _split(self) -> None:
        text = self._address.text()
        place = split_address(text)
        if place is None or place.host == text.strip():
            return
        with QSignalBlocker(self._address):
            self._address.setText(place.host)
        self._length = len(place.host)
        if place.port is not None:
            self._port.setText(str(place.port))
        if place.https is not None:
            self._https.setChecked(place.https)
        if place.prefix or place.https is not None:
            self._prefix.setText(place.prefix)
        if place.prefix:
            self._more.set_open(is_open=True)
        if place.user:
            self._login.set_password(place.user, place.password)
        self._name_it()
        self._show()

    def _name_it(self) -> None:
        """Let the machine go by its address until somebody names it."""
        place = split_address(self._address.text())
        if self._named_by_hand or place is None:
            return
        short = place.host.partition(".")[0]
        base = short if not short.isdigit() and ":" not in place.host else place.host
        self._name.setText(free_name(base, [each.name for each in self._entries.entries]))

    # ------------------------------------------------------------ trying it

    def _run_test(self) -> None:
        problem = self._problem()
        if problem:
            self._say(problem, bad=True)
            return
        self._tested += 1
        number = self._tested
        entry, _secret = self._entry(plain=True)
        self._test.setEnabled(False)
        self._check.show_testing()

        def hear(found: HostChecked | ErrorInfo) -> None:
            if number != self._tested:
                return
            self._test.setEnabled(True)
            self._show_found(found)

        # A secret that stays is told of the machine that this one stands in for.
        own = self._edited.name if self._edited is not None else ""
        self._entries.check(own, entry, hear)

    def _show_found(self, found: HostChecked | ErrorInfo) -> None:
        """Show what the test found, and say the most important of it beside the button."""
        if isinstance(found, ErrorInfo):
            self._check.show_error(found)
            self._say(found.message, bad=True)
        else:
            self._check.show_checked(found)
            failed = any(each.state == "failed" for each in found.steps if not each.subject)
            fine = self.tr("The connection works.")
            self._say(verdict_words(found) if failed else fine, bad=failed)
        QTimer.singleShot(0, self, self._bring_in)

    def _bring_in(self) -> None:
        """Scroll to what the test found."""
        self._place_again()
        area = self._check.geometry()
        self._scroll.ensureVisible(0, area.bottom(), 0, tokens().space_2)
        self._scroll.ensureVisible(0, area.top(), 0, tokens().space_2)

    def _show(self) -> None:
        """Say nothing of what is missing before something was filled in."""
        problem = self._problem()
        started = bool(self._address.text())
        self._say(problem if started else "", bad=False)
        self._save.setEnabled(not problem)
        self._test.setEnabled(not problem)

    def _say(self, words: str, *, bad: bool) -> None:
        self._verdict.setText(words)
        set_look(self._verdict, "small-error" if bad else "small")


class _Tall(QScrollArea):
    """Scrolls only what is higher than a window can show."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content

    def sizeHint(self) -> QSize:
        """Return the height of the content, within bounds."""
        content = self._content
        width = self.viewport().width()
        wanted = max(content.heightForWidth(width), content.minimumSizeHint().height())
        return QSize(_WIDTH, min(max(wanted, _LEAST_HEIGHT), _MOST_HEIGHT))


def _grid(widget: QWidget) -> QGridLayout:
    look = tokens()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(look.space_3)
    grid.setVerticalSpacing(look.space_2)
    grid.setColumnMinimumWidth(0, _LABELS)
    grid.setColumnStretch(1, 1)
    return grid


def _label(words: str) -> QLabel:
    return text_label(words, "secondary")


def _prefix(text: str) -> str:
    """Return a path prefix as the settings write it: with a slash before it, none behind it."""
    bare = text.strip().strip("/")
    return f"/{bare}" if bare else ""
