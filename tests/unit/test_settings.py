from __future__ import annotations

import itertools
import json
import stat
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.resources import data_folder
from daemon.settings import Settings, SettingsStore
from daemon.settings_check import flatten, value_types


@pytest.fixture
def store() -> SettingsStore:
    store = SettingsStore(resolve_folders())
    store.load()
    return store


def write(store: SettingsStore, text: str) -> None:
    store.path.write_text(text, encoding="utf-8")
    store.reload()


def test_first_start_writes_the_commented_default(store: SettingsStore) -> None:
    assert store.path.read_bytes() == (data_folder("config") / "config.yaml").read_bytes()
    assert store.current == Settings()
    assert (store.problem, store.warnings) == ("", ())


def test_the_file_may_hold_secrets_and_is_its_users_alone(store: SettingsStore) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_the_customers_keys_have_the_customers_defaults() -> None:
    comfyui = Settings().comfyui
    assert (comfyui.enabled, comfyui.host, comfyui.port, comfyui.workflow) == (
        False,
        "192.168.1.100",
        8188,
        "kontext_color_grade",
    )


def test_the_default_file_holds_every_key_with_its_default() -> None:
    shipped = yaml.safe_load((data_folder("config") / "config.yaml").read_text(encoding="utf-8"))
    assert shipped == json.loads(msgspec.json.encode(Settings()))


def test_a_comment_stands_above_every_key_or_group_of_keys() -> None:
    lines = (data_folder("config") / "config.yaml").read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if ":" in line and "#" not in line and not before.strip()
    ]
    assert bare == []


def test_the_schema_file_is_the_one_of_the_keys() -> None:
    schema = json.loads((data_folder("config") / "config.schema.json").read_text(encoding="utf-8"))
    del schema["$schema"], schema["title"]
    assert schema == json.loads(msgspec.json.encode(msgspec.json.schema(Settings)))


def test_the_default_file_satisfies_the_schema() -> None:
    folder = data_folder("config")
    schema = json.loads((folder / "config.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load((folder / "config.yaml").read_bytes()), schema)


def test_two_changed_lines_name_the_gpu_machine(store: SettingsStore) -> None:
    text = store.path.read_text(encoding="utf-8")
    text = text.replace("enabled: false", "enabled: true").replace("192.168.1.100", "studio-pc", 1)
    write(store, text)
    assert store.problem == ""
    assert (store.current.comfyui.enabled, store.current.comfyui.host) == (True, "studio-pc")


def test_a_wrong_value_names_line_and_column_and_the_last_good_value_stays(
    store: SettingsStore,
) -> None:
    write(store, "comfyui:\n  port: 8000\n  host: studio\n")
    write(store, "comfyui:\n  port: 99999\n  host: attic\n")
    assert store.problem == (
        "config.yaml: line 2, column 9: comfyui.port: expected a number <= 65535, got 99999"
    )
    assert (store.current.comfyui.port, store.current.comfyui.host) == (8000, "attic")


def test_a_file_that_is_no_yaml_leaves_everything_as_it_was(store: SettingsStore) -> None:
    write(store, "comfyui:\n  port: 8000\n")
    write(store, "comfyui:\n  port: 9000\n  host: [\n")
    assert store.problem.startswith("config.yaml: line 4, column 1: ")
    assert store.current.comfyui.port == 8000


def test_an_unknown_key_is_a_warning_with_the_nearest_name(store: SettingsStore) -> None:
    write(store, "comfyui:\n  prot: 8000\n")
    assert store.problem == ""
    assert store.warnings == (
        "config.yaml: line 2, column 3: unknown key 'comfyui.prot'. Did you mean 'port'?",
    )


def test_an_unknown_section_is_a_warning_with_the_nearest_name(store: SettingsStore) -> None:
    write(store, "comfyiu:\n  port: 8000\n")
    assert "unknown key 'comfyiu'. Did you mean 'comfyui'?" in store.warnings[0]


def test_a_removed_key_has_its_default_again(store: SettingsStore) -> None:
    write(store, "comfyui:\n  port: 8000\n")
    write(store, "comfyui:\n")
    assert store.current.comfyui.port == 8188


def test_hosts_are_read_whole(store: SettingsStore) -> None:
    write(
        store,
        "comfyui:\n  hosts:\n    - {name: a, host: h, https: true, headers: {X-Key: s3cret}}\n",
    )
    host = store.current.comfyui.hosts[0]
    assert (host.name, host.host, host.port, host.https) == ("a", "h", 8188, True)
    assert host.headers == {"X-Key": "s3cret"}


def test_headers_of_hosts_are_never_shown(store: SettingsStore) -> None:
    write(store, "comfyui:\n  hosts:\n    - {name: a, host: h, headers: {X-Key: s3cret}}\n")
    assert "s3cret" not in repr(store.flat())
    assert store.flat()["comfyui.hosts.0.name"] == "a"


@pytest.mark.parametrize(
    "secret",
    [
        "token: s3cret",
        "user: ada, password: s3cret",
        "headers: {X-Key: s3cret}",
        "proxy: 'http://ada:s3cret@proxy:3128'",
    ],
)
def test_what_opens_a_host_is_never_shown(store: SettingsStore, secret: str) -> None:
    write(store, f"comfyui:\n  hosts:\n    - {{name: a, host: h, {secret}}}\n")
    assert store.errors == ()
    assert "s3cret" not in repr(store.flat())
    assert "(hidden)" in repr(store.flat())


@pytest.mark.parametrize(
    "secret",
    [
        "token: 53012",
        "token: [s3cret]",
        "token: !s3 53012",
        'token: "53012\\ns3cret"',
        "password: 53012",
        "headers: {X-Key: 53012}",
        "proxy: 'socks5://ada:s3cret@proxy'",
        "token: 2024-53-01",
    ],
)
def test_a_wrong_secret_is_complained_of_without_repeating_it(
    store: SettingsStore, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(store, f"comfyui:\n  hosts:\n    - {{name: a, host: h, {secret}}}\n")
    said = repr((store.errors, store.flat())) + caplog.text
    assert "53012" not in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{name: a}", "line 3, column 7: comfyui.hosts.0: 'host' is missing"),
        ("{name: builtin, host: h}", "line 3, column 7: comfyui.hosts.0: the name 'builtin' is"),
        (
            "{name: a, host: h, port: x}",
            "line 3, column 32: comfyui.hosts.0.port: expected a whole",
        ),
        ("{name: a, host: 'http://h'}", "comfyui.hosts.0.host: expected a name or address without"),
    ],
)
def test_a_wrong_host_is_named_with_its_place(
    store: SettingsStore, entry: str, complaint: str
) -> None:
    write(store, f"comfyui:\n  hosts:\n    - {entry}\n")
    assert complaint in store.problem
    assert store.current.comfyui.hosts == ()


@pytest.mark.parametrize(
    "pattern",
    ["../{stem}", "/tmp/{stem}", "a/../../{stem}", "{stem}/", "graded", "{stem}_{date}", "..", ""],
)
def test_an_output_pattern_that_leaves_the_folder_or_names_no_photo_is_refused(
    store: SettingsStore, pattern: str
) -> None:
    write(store, f"output:\n  pattern: '{pattern}'\n")
    assert "output.pattern: expected a" in store.problem
    assert store.current.output.pattern == "{stem}_{operation}"


@pytest.mark.parametrize("pattern", ["graded/{stem}", "{stem}..v2", "{operation}/{stem}", "{stem}"])
def test_an_output_pattern_may_make_subfolders(store: SettingsStore, pattern: str) -> None:
    write(store, f"output:\n  pattern: '{pattern}'\n")
    assert store.problem == ""
    assert store.current.output.pattern == pattern


def test_reload_tells_whether_anything_changed(store: SettingsStore) -> None:
    store.path.write_text("comfyui:\n  port: 1\n", encoding="utf-8")
    assert store.reload() is True
    assert store.reload() is False


def test_a_value_is_written_back_with_comments_and_order_kept(store: SettingsStore) -> None:
    before = store.path.read_text(encoding="utf-8").splitlines()
    store.set_value("comfyui.enabled", True)
    after = store.path.read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [("  enabled: false", "  enabled: true")]
    assert store.current.comfyui.enabled is True


def test_a_value_is_added_to_a_file_without_its_section(store: SettingsStore) -> None:
    store.path.write_text("# mine\nwindow:\n  theme: dark # so\n", encoding="utf-8")
    store.set_value("cache.limit_mb", 100)
    text = store.path.read_text(encoding="utf-8")
    assert text.startswith("# mine\nwindow:\n  theme: dark # so\n")
    assert store.current.cache.limit_mb == 100


def test_a_file_reached_through_a_link_stays_a_link(store: SettingsStore, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.yaml"
    real.write_text("window:\n  theme: dark\n", encoding="utf-8")
    store.path.unlink()
    store.path.symlink_to(real)
    store.set_value("window.theme", "light")
    assert store.path.is_symlink()
    assert real.read_text(encoding="utf-8") == "window:\n  theme: light\n"


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("comfyui.prot", 1, "Did you mean 'comfyui.port'?"),
        ("comfyui.port", 0, "expected a number >= 1, got 0"),
        ("window.theme", "pink", "expected system or dark or light, got 'pink'"),
        ("nothing", 1, "There is no setting 'nothing'."),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_is_written(
    store: SettingsStore, key: str, value: str | int, complaint: str
) -> None:
    before = store.path.read_bytes()
    with pytest.raises(RabbitError) as caught:
        store.set_value(key, value)
    assert caught.value.info.kind == ErrorKind.SETTINGS_INVALID
    assert complaint in caught.value.info.message
    assert store.path.read_bytes() == before


def test_a_broken_file_is_not_written_over(store: SettingsStore) -> None:
    store.path.write_text("comfyui: [", encoding="utf-8")
    with pytest.raises(RabbitError, match="line 1, column"):
        store.set_value("comfyui.port", 1)
    assert store.path.read_text(encoding="utf-8") == "comfyui: ["


def test_another_file_is_checked_without_coming_into_force(
    store: SettingsStore, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("comfyui:\n  port: x\n  hots: y\n", encoding="utf-8")
    errors, warnings = store.check_file(other)
    assert errors == [
        "other.yaml: line 2, column 9: comfyui.port: expected a whole number, got 'x'"
    ]
    assert "hots" in warnings[0]
    assert store.current == Settings()


def test_every_key_appears_in_the_flat_values() -> None:
    leaves = {f"{part}.{leaf}" for part, names in value_types().items() for leaf in names}
    assert leaves - set(flatten(Settings())) == {"comfyui.hosts"}
