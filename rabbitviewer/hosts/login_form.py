"""How one logs in at a host: nothing, a token, user and password, or a header of one's own."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from daemon.protocol.hosting import HostEntry
from rabbitviewer.hosts.address import (
    HEADER,
    NONE,
    PASSWORD,
    REFERENCE,
    TOKEN,
    keyring_name,
    login_of,
)
from rabbitviewer.theme.controls import Choice, text_label
from rabbitviewer.theme.tokens import tokens

_KEYRING = "keyring:"


class LoginForm(QWidget):
    """The kind of login and its fields; says where the secret will be kept.

    Signals:
        changed: something else is filled in.
    """

    changed = Signal()

    def __init__(self, label_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = HostEntry(name="", host="")
        self._has_keyring = False
        self._kind = Choice(self.tr("Login"))
        for words, kind in (
            (self.tr("None"), NONE),
            (self.tr("Token (Bearer)"), TOKEN),
            (self.tr("User and password"), PASSWORD),
            (self.tr("Header of one's own"), HEADER),
        ):
            self._kind.addItem(words, kind)
        self._name = QLineEdit()
        self._secret = QLineEdit()
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._name_label = text_label("", "secondary")
        self._secret_label = text_label("", "secondary")
        self._where = text_label("", "small", wraps=True)
        look = tokens()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(look.space_3)
        grid.setVerticalSpacing(look.space_2)
        grid.setColumnMinimumWidth(0, label_width)
        grid.setColumnStretch(1, 1)
        grid.addWidget(text_label(self.tr("Login"), "secondary"), 0, 0)
        grid.addWidget(self._kind, 0, 1)
        grid.addWidget(self._name_label, 1, 0)
        grid.addWidget(self._name, 1, 1)
        grid.addWidget(self._secret_label, 2, 0)
        grid.addWidget(self._secret, 2, 1)
        grid.addWidget(self._where, 3, 1)
        self._kind.currentIndexChanged.connect(self._show)
        self._name.textChanged.connect(self.changed)
        self._secret.textChanged.connect(self._show)

    @property
    def kind(self) -> str:
        """None | token | password | header."""
        return str(self._kind.currentData())

    @property
    def problem(self) -> str:
        """What is missing; empty: nothing is."""
        kept = login_of(self._entry) == self.kind
        if self.kind in (PASSWORD, HEADER) and not self._name.text().strip():
            return self.tr("Fill in who logs in.") if self.kind == PASSWORD else self._no_header()
        if self.kind != NONE and not (self._secret.text() or kept):
            return self.tr("Fill in the secret.")
        return ""

    def show_entry(self, entry: HostEntry, *, has_keyring: bool) -> None:
        """Fill in what is known; secrets never are."""
        self._entry, self._has_keyring = entry, has_keyring
        kind = login_of(entry)
        self._kind.setCurrentIndex(self._kind.findData(kind))
        name = next(iter(entry.headers), "") if kind == HEADER else entry.user
        self._name.setText(name)
        self._secret.clear()
        self._show()

    def set_password(self, user: str, password: str) -> None:
        """Take what stood in a pasted address."""
        self._kind.setCurrentIndex(self._kind.findData(PASSWORD))
        self._name.setText(user)
        self._secret.setText(password)

    def put_into(self, entry: HostEntry, *, plain: bool) -> tuple[HostEntry, str]:
        """Return *entry* with the login, and the secret that belongs into the keyring.

        Args:
            entry: Name and address.
            plain: The secret itself is wanted in the entry, to try it out; nothing is kept.
        """
        typed, kind = self._secret.text(), self.kind
        before = self._before()
        value, secret = typed or before, ""
        if typed and not plain and self._goes_to_keyring(typed):
            value, secret = _KEYRING + keyring_name(entry, kind), typed
        bare = {"token": "", "user": "", "password": "", "headers": self._other_headers()}
        name = self._name.text().strip()
        if kind == TOKEN:
            bare["token"] = value
        elif kind == PASSWORD:
            bare |= {"user": name, "password": value}
        elif kind == HEADER:
            bare["headers"] = {name: value, **self._other_headers()}
        return msgspec.structs.replace(entry, **bare), secret

    def _other_headers(self) -> dict[str, str]:
        """Return the headers of the entry that this form does not show."""
        shown = next(iter(self._entry.headers), "") if login_of(self._entry) == HEADER else ""
        return {name: text for name, text in self._entry.headers.items() if name != shown}

    def _before(self) -> str:
        """Return what stood for the secret before; empty: there was another kind of login."""
        if login_of(self._entry) != self.kind:
            return ""
        first = next(iter(self._entry.headers.values()), "")
        found = {TOKEN: self._entry.token, PASSWORD: self._entry.password, HEADER: first}
        return found.get(self.kind, "")

    def _goes_to_keyring(self, typed: str) -> bool:
        return self._has_keyring and not REFERENCE.match(typed)

    def _no_header(self) -> str:
        return self.tr("Fill in the name of the header.")

    def _show(self, *_what: object) -> None:
        kind = self.kind
        named = kind in (PASSWORD, HEADER)
        names = {PASSWORD: self.tr("User"), HEADER: self.tr("Header")}
        secrets = {
            TOKEN: self.tr("Token"),
            PASSWORD: self.tr("Password"),
            HEADER: self.tr("Value"),
        }
        for field, label, words in (
            (self._name, self._name_label, names.get(kind, "")),
            (self._secret, self._secret_label, secrets.get(kind, "")),
        ):
            label.setText(words)
            field.setAccessibleName(words)
        self._name.setVisible(named)
        self._name_label.setVisible(named)
        self._name.setPlaceholderText("X-Api-Key" if kind == HEADER else "")
        for widget in (self._secret, self._secret_label, self._where):
            widget.setVisible(kind != NONE)
        kept = self._before()
        self._secret.setPlaceholderText(self.tr("Kept as it is") if kept else "")
        reference = REFERENCE.match(self._secret.text())
        echo = QLineEdit.EchoMode
        self._secret.setEchoMode(echo.Normal if reference else echo.Password)
        self._where.setText(self._where_words(kept))
        self.changed.emit()

    def _where_words(self, kept: str) -> str:
        """Say where the secret is kept."""
        typed = self._secret.text()
        if not typed and kept:
            if REFERENCE.match(kept):
                return self.tr("It is read from {where}.").format(where=kept)
            return self.tr("It stands in config.yaml. Type it again to have it kept elsewhere.")
        if REFERENCE.match(typed):
            return self.tr("config.yaml gets this reference only; the secret is read from there.")
        if self._has_keyring:
            return self.tr("Kept in the system's keyring; config.yaml only says so.")
        return self.tr(
            "This system has no keyring: it would stand in config.yaml for all to read. Type"
            " env:NAME to have it read from an environment variable instead."
        )
