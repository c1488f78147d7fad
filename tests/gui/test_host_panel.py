"""The hosts behind the host pill: how they are, a test of each, connecting and changing them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.hosting import (
    CheckStep,
    HostChecked,
    HostCheckRequest,
    HostEntries,
    HostEntriesRequest,
    HostEntry,
    HostRemove,
    HostSave,
)
from daemon.protocol.values import HostInfo
from rabbitviewer.hosts.host_form import HostForm
from rabbitviewer.hosts.host_panel import HostPanel
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.host_entries import HostEntriesModel
from rabbitviewer.models.hosts import HostsModel
from tests.fakes.answers import job
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import BUILTIN_HOST, KONTEXT, STUDIO

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

STUDIO_ENTRY = HostEntry(name="studio-pc", host="studio-pc")
CLOUD = HostEntry(name="cloud", host="gpu.example.org", port=443, https=True, token="(hidden)")
AWAY = HostInfo(
    name="cloud",
    url="https://gpu.example.org:443",
    builtin=False,
    state="unreachable",
    detail="gpu.example.org:443 refused the connection.",
    hint="Start ComfyUI with --listen 0.0.0.0.",
)
STEPS = (
    CheckStep(step="dns", state="ok", message="studio-pc is 192.168.1.100."),
    CheckStep(step="websocket", state="failed", message="It was refused.", hint="Let /ws through."),
    CheckStep(step="queue", state="skipped", message="Not asked."),
    CheckStep(step="workflow", state="ok", message="Can run.", subject="Kontext"),
    CheckStep(step="workflow", state="failed", message="ae.sft is missing.", subject="Fill"),
)


class Room:
    """Panel and form in a window, and the daemon behind them."""

    def __init__(self, qtbot: QtBot, daemon: FakeDaemon, client: DaemonClient) -> None:
        self.qtbot = qtbot
        self.daemon = daemon
        self.hosts = HostsModel(client)
        self.entries = HostEntriesModel(client)
        self.window = QWidget()
        self.window.resize(900, 800)
        qtbot.addWidget(self.window)
        self.panel = HostPanel(self.hosts, self.entries, self.window)
        self.panel.resize(480, 700)
        self.form = HostForm(self.window, self.entries)
        self.panel.edit_wanted.connect(self.form.ask)
        self.window.show()

    def know(
        self,
        *entries: HostEntry,
        hosts: tuple[HostInfo, ...] = (BUILTIN_HOST, STUDIO),
        enabled: bool = True,
        single: bool = False,
        keyring: bool = True,
    ) -> None:
        """Let the daemon say all this."""
        config = messages.Config(path=b"/c.yaml", values={"comfyui.enabled": enabled})
        known = HostEntries(hosts=entries, single=single, keyring=keyring)
        self.daemon.answer(messages.ConfigRequest, lambda _: [config])
        self.daemon.answer(messages.HostsRequest, lambda _: [messages.Hosts(hosts=hosts)])
        self.daemon.answer(HostEntriesRequest, lambda _: [known])
        with self.qtbot.waitSignals([self.entries.changed, *[self.hosts.changed] * 2]):
            self.entries.refresh()
            self.hosts.refresh()

    def words(self, part: QWidget | None = None) -> str:
        """All that can be read."""
        shown = part or self.panel
        labels = [each for each in shown.findChildren(QLabel) if each.isVisibleTo(shown)]
        return "\n".join(label.text() for label in labels)

    def button(self, text: str, part: QWidget | None = None) -> QAbstractButton:
        """A button as soon as it is shown."""
        shown = part or self.panel

        def found() -> list[QAbstractButton]:
            return [
                each
                for each in shown.findChildren(QAbstractButton)
                if text in (each.text(), each.accessibleName()) and each.isVisibleTo(shown)
            ]

        self.qtbot.waitUntil(lambda: bool(found()))
        return found()[0]

    def click(self, text: str, part: QWidget | None = None) -> None:
        """Press a button."""
        self.qtbot.mouseClick(self.button(text, part), Qt.MouseButton.LeftButton)

    def field(self, name: str) -> QLineEdit:
        return next(
            each
            for each in self.form.findChildren(QLineEdit)
            if each.accessibleName() == name and not each.isHidden()
        )

    def type(self, name: str, text: str) -> None:
        """Type into a field of the form, over what stands there."""
        field = self.field(name)
        field.setFocus()
        field.selectAll()
        self.qtbot.keyClicks(field, text)

    def choose_login(self, words: str) -> None:
        login = next(e for e in self.form.findChildren(QComboBox) if e.accessibleName() == "Login")
        login.setCurrentIndex(login.findText(words))

    def asked(self, kind: type[messages.Message]) -> messages.Message:
        """The last request of *kind*, as soon as one has come."""
        self.qtbot.waitUntil(lambda: bool(self.daemon.of(kind)))
        return self.daemon.of(kind)[-1]


@pytest.fixture
def room(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient) -> Iterator[Room]:
    room = Room(qtbot, fake_daemon, client)
    yield room
    room.window.hide()


def test_without_comfyui_the_panel_says_what_works_and_offers_to_connect_one(room: Room) -> None:
    room.know(HostEntry(name="c", host="192.168.1.100"), enabled=False, single=True)
    assert "work without any AI" in room.words()
    room.click("Connect a ComfyUI machine…")
    assert room.form.isVisible()


def test_every_machine_is_a_row_with_what_is_known_of_it(room: Room) -> None:
    busy = msgspec.structs.replace(
        STUDIO, state="busy", version="0.33.0", queue=3, ours=1, done=128, failed=2, usual_s=41.0
    )
    room.know(STUDIO_ENTRY, CLOUD, hosts=(BUILTIN_HOST, busy, AWAY))
    room.button("Edit cloud")
    words = room.words()
    assert "http://studio-pc:8188 · ComfyUI 0.33.0" in words
    assert (
        "1 of yours and 2 of others in its queue · 128 done · 2 failed · usually about 41 s"
        in words
    )
    assert "gpu.example.org:443 refused the connection." in words
    assert "Start ComfyUI with --listen 0.0.0.0." in words


def test_a_test_is_shown_step_by_step_with_what_to_do(room: Room) -> None:
    room.know(STUDIO_ENTRY)
    checked = HostChecked(host="studio-pc", url="http://studio-pc:8188", steps=STEPS)
    room.daemon.answer(HostCheckRequest, lambda _: [checked])
    room.click("Test connection")
    room.qtbot.waitUntil(lambda: "It was refused." in room.words())
    words = room.words()
    assert "studio-pc is 192.168.1.100." in words
    assert "Let /ws through." in words
    assert "ae.sft is missing." not in words
    room.click("Workflows: 1 of 2 can run there")
    assert "Fill: ae.sft is missing." in room.words()
    assert room.asked(HostCheckRequest).host == "studio-pc"


def test_a_machine_is_taken_out_of_use(room: Room) -> None:
    room.know(STUDIO_ENTRY)
    room.click("Use studio-pc")
    save = room.asked(HostSave)
    assert (save.entry.enabled, save.replaces) == (False, "studio-pc")


def test_a_machine_is_removed(room: Room) -> None:
    room.know(STUDIO_ENTRY, CLOUD)
    room.daemon.answer(HostRemove, lambda _: [HostEntries(hosts=(CLOUD,))])
    with room.qtbot.waitSignal(room.entries.removed) as removed:
        room.click("Remove studio-pc")
    assert removed.args == [STUDIO_ENTRY]
    assert room.entries.entries == (CLOUD,)


def test_comfyui_is_switched_off_and_on(room: Room) -> None:
    room.know(STUDIO_ENTRY)
    room.click("Use ComfyUI")
    change = room.asked(messages.ConfigSet)
    assert (change.key, change.value) == ("comfyui.enabled", False)


def test_what_happens_when_a_host_fails_is_chosen(room: Room) -> None:
    room.know(STUDIO_ENTRY)
    (choice,) = room.panel.findChildren(QComboBox)
    choice.setFocus()
    room.qtbot.keyClick(choice, Qt.Key.Key_Down)
    change = room.asked(messages.ConfigSet)
    assert (change.key, change.value) == ("comfyui.when_host_fails", "wait")


def test_a_pasted_address_is_split_into_its_fields(room: Room) -> None:
    room.know()
    room.form.ask(None)
    room.field("Address").setFocus()
    room.field("Address").insert("")
    room.type("Address", "https://gpu.example.org:8443/comfy/")
    room.qtbot.keyClick(room.field("Address"), Qt.Key.Key_Tab)
    room.qtbot.waitUntil(lambda: room.field("Address").text() == "gpu.example.org")
    assert room.field("Port").text() == "8443"
    assert room.field("Path prefix").text() == "/comfy"
    assert room.field("Name").text() == "gpu"
    assert room.button("Encrypted (https)", room.form).isChecked()


def test_a_new_machine_is_saved_with_its_token_in_the_keyring(room: Room) -> None:
    room.know()
    room.form.ask(None)
    room.type("Address", "studio.local:8189")
    room.type("Name", "studio")
    room.choose_login("Token (Bearer)")
    room.type("Token", "s3cret")
    assert "Kept in the system's keyring" in room.words(room.form)
    room.click("Save", room.form)
    save = room.asked(HostSave)
    assert save.entry == HostEntry(
        name="studio", host="studio.local", port=8189, token="keyring:studio-token"
    )
    assert (save.replaces, save.secret) == ("", "s3cret")


def test_without_a_keyring_the_form_says_that_the_file_would_hold_the_secret(room: Room) -> None:
    room.know(keyring=False)
    room.form.ask(None)
    room.type("Address", "studio")
    room.choose_login("User and password")
    room.type("User", "anna")
    room.type("Password", "s3cret")
    assert "it would stand in config.yaml for all to read" in room.words(room.form)
    room.type("Password", "env:STUDIO_PASSWORD")
    assert "config.yaml gets this reference only" in room.words(room.form)
    room.click("Save", room.form)
    save = room.asked(HostSave)
    assert (save.entry.user, save.entry.password) == ("anna", "env:STUDIO_PASSWORD")
    assert save.secret == ""


def test_a_machine_is_tried_before_it_is_saved(room: Room) -> None:
    room.know()
    checked = HostChecked(host="studio", url="http://studio:8188", steps=STEPS)
    room.daemon.answer(HostCheckRequest, lambda _: [checked])
    room.form.ask(None)
    room.type("Address", "studio")
    room.choose_login("Header of one's own")
    room.type("Header", "X-Api-Key")
    room.type("Value", "s3cret")
    room.click("Test connection", room.form)
    room.qtbot.waitUntil(lambda: "It was refused." in room.words(room.form))
    asked = room.asked(HostCheckRequest)
    assert asked.entry == HostEntry(name="studio", host="studio", headers={"X-Api-Key": "s3cret"})
    assert room.daemon.of(HostSave) == []


def test_a_secret_that_is_not_touched_stays(room: Room) -> None:
    room.know(CLOUD, hosts=(BUILTIN_HOST, AWAY))
    room.click("Edit cloud")
    room.type("Name", "the cloud")
    room.click("Save", room.form)
    save = room.asked(HostSave)
    assert save.entry == msgspec.structs.replace(CLOUD, name="the cloud")
    assert (save.replaces, save.secret) == ("cloud", "")


def test_a_name_that_is_taken_cannot_be_saved(room: Room) -> None:
    room.know(STUDIO_ENTRY)
    room.form.ask(None)
    room.type("Address", "attic")
    room.type("Name", "studio-pc")
    assert "There is a host studio-pc already." in room.words(room.form)
    assert not room.button("Save", room.form).isEnabled()


def test_what_the_daemon_refuses_is_said_in_the_form(room: Room) -> None:
    room.know()
    refused = ErrorInfo(ErrorKind.SETTINGS_INVALID, "config.yaml cannot be written.", "Free it.")
    room.daemon.answer(HostSave, lambda _: [messages.Failed(error=refused)])
    room.form.ask(None)
    room.type("Address", "studio")
    room.click("Save", room.form)
    room.qtbot.waitUntil(lambda: "config.yaml cannot be written. Free it." in room.words(room.form))
    assert room.form.isVisible()


def test_a_job_is_offered_only_the_hosts_that_can_run_its_workflow(room: Room) -> None:
    attic = msgspec.structs.replace(STUDIO, name="attic", url="http://attic:8188")
    room.know(hosts=(BUILTIN_HOST, STUDIO, AWAY, attic))
    failed = msgspec.structs.replace(
        job(b"/a.jpg", state="failed"), ai=True, workflow="kontext_color_grade", host=STUDIO.name
    )
    assert room.hosts.others_for(failed) == ("cloud", "attic")
    known = msgspec.structs.replace(KONTEXT, able_hosts=("studio-pc", "attic"))
    with room.qtbot.waitSignal(room.hosts.changed):
        room.daemon.publish(messages.Workflows(workflows=(known,)))
    assert room.hosts.others_for(failed) == ("attic",)
