"""The list of machines in config.yaml: changed in place, never told with its secrets."""

from __future__ import annotations

import difflib
from pathlib import Path

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import HostEntry
from daemon.resources import data_folder
from daemon.settings import HostSettings, Settings, SettingsStore
from daemon.settings_check import read_settings
from daemon.settings_hosts import entries_of, settings_of, with_host, without_host

DEFAULT = (data_folder("config") / "config.yaml").read_text(encoding="utf-8")
HAND_MADE = """\
# mine
comfyui:
    enabled: true   # yes!
    hosts:
    # the fast one
    - name: studio  # in the cellar
      host: 10.0.0.5
      token: 'abc # def'
      headers:
        X-Key: s3cret

    # the slow one
    -   {host: 10.0.0.6, name: attic, port: 9000}
    # end of the hosts
    max_compute: 7
# other things
window:
  theme: dark
"""


@pytest.fixture
def store(home: Path) -> SettingsStore:
    assert home.is_dir()
    store = SettingsStore(resolve_folders())
    store.load()
    return store


def write(store: SettingsStore, text: str) -> None:
    store.path.write_text(text, encoding="utf-8")
    store.reload()
    assert store.errors == ()


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


def refused(store: SettingsStore, entry: HostEntry, replaces: str = "") -> RabbitError:
    before = store.path.read_bytes()
    with pytest.raises(RabbitError) as caught:
        store.save_host(entry, replaces)
    assert store.path.read_bytes() == before
    return caught.value


def test_the_first_machine_of_a_new_file_is_a_list_of_one(store: SettingsStore) -> None:
    store.save_host(HostEntry(name="studio", host="10.0.0.5"), "")
    assert changed_lines(DEFAULT, store.path.read_text(encoding="utf-8")) == [
        "-   hosts: []",
        "+   hosts:",
        '+     - name: "studio"',
        '+       host: "10.0.0.5"',
        "+       port: 8188",
    ]
    assert store.current.comfyui.hosts == (HostSettings(name="studio", host="10.0.0.5"),)


def test_a_second_machine_makes_a_list_of_the_single_one(store: SettingsStore) -> None:
    write(store, "comfyui:\n  enabled: true\n  host: gpu  # mine\n")
    store.save_host(HostEntry(name="cloud", host="gpu.example.org", port=443, https=True), "")
    assert store.path.read_text(encoding="utf-8") == (
        "comfyui:\n  enabled: true\n  host: gpu  # mine\n"
        '  hosts:\n    - name: "comfyui"\n      host: "gpu"\n      port: 8188\n'
        '    - name: "cloud"\n      host: "gpu.example.org"\n      port: 443\n      https: true\n'
    )


def test_the_single_machine_stays_one_while_only_its_address_changes(store: SettingsStore) -> None:
    store.save_host(HostEntry(name="comfyui", host="10.0.0.5", port=9000), "comfyui")
    assert changed_lines(DEFAULT, store.path.read_text(encoding="utf-8")) == [
        '-   host: "192.168.1.100"',
        '+   host: "10.0.0.5"',
        "-   port: 8188",
        "+   port: 9000",
    ]


def test_the_single_machine_becomes_a_list_when_it_gets_more(store: SettingsStore) -> None:
    store.save_host(HostEntry(name="comfyui", host="10.0.0.5", token="env:T"), "comfyui")
    assert store.current.comfyui.hosts == (
        HostSettings(name="comfyui", host="10.0.0.5", token="env:T"),
    )


def test_only_the_changed_value_of_a_hand_made_list_changes(store: SettingsStore) -> None:
    write(store, HAND_MADE)
    entry = entries_of(store.current.comfyui)[0]
    store.save_host(msgspec.structs.replace(entry, host="10.0.0.7", https=True), "studio")
    assert changed_lines(HAND_MADE, store.path.read_text(encoding="utf-8")) == [
        "-       host: 10.0.0.5",
        '+       host: "10.0.0.7"',
        "+       https: true",
    ]
    assert store.current.comfyui.hosts[0].token == "abc # def"
    assert store.current.comfyui.hosts[0].headers == {"X-Key": "s3cret"}


def test_a_machine_in_braces_is_changed_in_its_braces(store: SettingsStore) -> None:
    write(store, HAND_MADE)
    store.save_host(HostEntry(name="attic", host="10.0.0.6", port=9001, user="ada"), "attic")
    assert changed_lines(HAND_MADE, store.path.read_text(encoding="utf-8")) == [
        "-     -   {host: 10.0.0.6, name: attic, port: 9000}",
        '+     -   {host: 10.0.0.6, name: attic, port: 9001, user: "ada"}',
    ]


def test_a_new_machine_stands_after_the_last_one(store: SettingsStore) -> None:
    write(store, HAND_MADE)
    store.save_host(HostEntry(name="new", host="h"), "")
    assert changed_lines(HAND_MADE, store.path.read_text(encoding="utf-8")) == [
        '+     - name: "new"',
        '+       host: "h"',
        "+       port: 8188",
    ]
    assert [host.name for host in store.current.comfyui.hosts] == ["studio", "attic", "new"]


def test_a_machine_taken_out_leaves_every_other_line(store: SettingsStore) -> None:
    write(store, HAND_MADE)
    store.remove_host("studio")
    assert changed_lines(HAND_MADE, store.path.read_text(encoding="utf-8")) == [
        "-     - name: studio  # in the cellar",
        "-       host: 10.0.0.5",
        "-       token: 'abc # def'",
        "-       headers:",
        "-         X-Key: s3cret",
    ]


def test_without_its_last_machine_the_list_is_empty(store: SettingsStore) -> None:
    write(store, HAND_MADE)
    store.remove_host("studio")
    store.remove_host("attic")
    assert "    hosts: []\n    # the fast one\n" in store.path.read_text(encoding="utf-8")
    assert store.current.comfyui.hosts == ()
    assert store.current.comfyui.max_compute == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "comfyui:\n",
        "comfyui: ~\n",
        "comfyui: {}\n",
        "comfyui: {max_compute: 1}",
        "comfyui: {hosts: []}\n",
        "comfyui: {enabled: true, hosts: [{name: a, host: b}]}\n",
        "comfyui:\n  hosts: [{name: a, host: b},  # one\n          {name: c, host: d},\n  ]\n",
        "comfyui:\n  hosts: []  # none yet",
        "comfyui:\r\n  enabled: true\r\n  hosts:\r\n    - name: a\r\n      host: b\r\n",
        "comfyui:\n  hosts:\n  - name: a\n    host: b\n    headers:\n      X-A: b",
        "comfyui:\n  hosts:\n    -\n      name: a\n      host: b\nwindow:\n  theme: dark\n",
        "window:\n  theme: dark\n\n# the end",
        "comfyui:\n  hosts:\n    - name: a\n      host: b\n      token: >-\n        abc\n",
    ],
)
def test_machines_come_and_go_in_files_of_any_layout(store: SettingsStore, text: str) -> None:
    write(store, text)
    before = store.current.comfyui.hosts
    new = HostEntry(name="new", host="h", headers={"X-Ü: b": 'a"b\\'}, token="t")
    store.save_host(new, "")
    store.save_host(msgspec.structs.replace(new, port=1, token="(hidden)"), "new")
    assert store.current.comfyui.hosts[: len(before)] == before
    assert store.current.comfyui.hosts[-1].headers == {"X-Ü: b": 'a"b\\'}
    assert (store.current.comfyui.hosts[-1].port, store.current.comfyui.hosts[-1].token) == (1, "t")
    store.remove_host("new")
    assert store.current.comfyui.hosts == before
    assert store.errors == ()


@pytest.mark.parametrize("secret", ["a\u2028 b", "a\u2029 b", "a\x85 b", "a\ufeffb", "\\ \"'#: "])
def test_a_secret_that_yaml_would_fold_is_kept_as_it_is(store: SettingsStore, secret: str) -> None:
    store.save_host(HostEntry(name="studio", host="h", token=secret), "")
    assert store.current.comfyui.hosts[0].token == secret


def test_the_files_mode_stays_and_nothing_is_left_beside_it(store: SettingsStore) -> None:
    store.save_host(HostEntry(name="studio", host="h", token="s3cret"), "")
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert list(store.path.parent.iterdir()) == [store.path]


def test_a_byte_order_mark_stays(store: SettingsStore) -> None:
    store.path.write_bytes(b"\xef\xbb\xbfcomfyui:\n  enabled: true\n")
    store.save_host(HostEntry(name="studio", host="h"), "")
    assert store.path.read_bytes().startswith(b"\xef\xbb\xbfcomfyui:\n  enabled: true\n  hosts:\n")


def test_secrets_never_come_back(store: SettingsStore) -> None:
    store.save_host(
        HostEntry(
            name="studio",
            host="h",
            token="s3cret1",
            user="ada",
            password="s3cret2",
            headers={"X-Key": "s3cret3", "X-Env": "env:KEY"},
            proxy="http://ada:s3cret4@proxy:3128",
        ),
        "",
    )
    (shown,) = entries_of(store.current.comfyui)
    assert "s3cret" not in repr(shown)
    assert shown.headers == {"X-Key": "(hidden)", "X-Env": "env:KEY"}
    assert shown.proxy == "http://ada:(hidden)@proxy:3128"


def test_hidden_means_unchanged(store: SettingsStore) -> None:
    entry = HostEntry(
        name="studio",
        host="h",
        token="s3cret1",
        headers={"X-Key": "s3cret3"},
        proxy="http://ada:s%2Fcret4@proxy:3128",
    )
    store.save_host(entry, "")
    kept = store.current.comfyui.hosts[0]
    (shown,) = entries_of(store.current.comfyui)
    store.save_host(msgspec.structs.replace(shown, name="cellar"), "studio")
    assert store.current.comfyui.hosts == (msgspec.structs.replace(kept, name="cellar"),)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (HostEntry(name="builtin", host="h"), "The name 'builtin' is taken"),
        (HostEntry(name="studio", host="h"), "The name 'studio' is taken"),
        (HostEntry(name="a", host="http://h"), "host: expected a name or address without http://"),
        (HostEntry(name="a/b", host="h"), "name: expected a plain name"),
        (HostEntry(name="a", host="h", port=0), "port: expected a number >= 1"),
        (HostEntry(name="a", host="h", prefix="comfy"), "prefix: expected a path such as /comfy"),
        (HostEntry(name="a", host="h", proxy="socks5://p"), "proxy: expected http://name:port"),
        (HostEntry(name="a", host="h", token="x\ny"), "token: expected one line of text"),
        (HostEntry(name="a", host="h", token="(hidden)"), "token is not said"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    store: SettingsStore, entry: HostEntry, words: str
) -> None:
    store.save_host(HostEntry(name="studio", host="h"), "")
    error = refused(store, entry)
    assert error.info.kind is ErrorKind.SETTINGS_INVALID
    assert words in error.info.message


def test_a_machine_that_is_gone_is_not_replaced(store: SettingsStore) -> None:
    assert refused(store, HostEntry(name="a", host="h"), "gone").info.kind is ErrorKind.NOT_FOUND


def test_the_single_machine_cannot_be_taken_out(store: SettingsStore) -> None:
    with pytest.raises(RabbitError, match="the only one"):
        store.remove_host("comfyui")


def test_a_broken_file_is_left_alone(store: SettingsStore) -> None:
    store.path.write_text("comfyui:\n  port: no\n", encoding="utf-8")
    assert "line 2, column 9" in refused(store, HostEntry(name="a", host="h")).info.message


def test_a_layout_that_would_not_stay_is_refused(store: SettingsStore) -> None:
    write(store, "{window: {theme: dark}}\n")
    error = refused(store, HostEntry(name="c", host="d"))
    assert "by hand" in error.info.hint


WORDS = st.text(alphabet="ab#:'\"{}[],&*! \\%\u00e9\u2028\U0001f600-", max_size=8)


@settings(max_examples=10, phases=[Phase.generate], deadline=None)
@given(
    names=st.lists(st.text(alphabet="abc ", min_size=1, max_size=4), max_size=4, unique=True),
    token=WORDS,
    header=WORDS,
    port=st.integers(1, 65535),
    https=st.booleans(),
)
def test_whatever_a_machine_is_called_and_knows_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    token: str,
    header: str,
    port: int,
    https: bool,
) -> None:
    path = tmp_path_factory.mktemp("settings") / "config.yaml"
    text, known = DEFAULT, Settings()
    wanted: list[HostSettings] = []
    for name in filter(str.strip, (name.strip() for name in dict.fromkeys(names))):
        if name in {host.name for host in wanted}:
            continue
        entry = HostEntry(
            name=name, host="h", token=token, headers={"X": header}, port=port, https=https
        )
        host = settings_of(known, entry, "")
        wanted.append(host)
        text = with_host(text, known, host, "")
        path.write_text(text, encoding="utf-8")
        found = read_settings(path, Settings())
        assert found.errors == []
        known = found.settings
    assert list(known.comfyui.hosts) == wanted
    for host in wanted:
        text = without_host(text, known, host.name)
        path.write_text(text, encoding="utf-8")
        known = read_settings(path, Settings()).settings
    assert text == DEFAULT
