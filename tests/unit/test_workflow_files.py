"""The user's workflow folder: what is written, what is refused, what comes back."""

from __future__ import annotations

import errno
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from daemon.comfyui.manifest import Binding, Manifest, Output, Parameter, parse_manifest
from daemon.comfyui.manifest_text import retitled, write_manifest
from daemon.comfyui.workflow_files import WorkflowFiles, is_safe, safe_name
from daemon.comfyui.workflow_sources import read_source
from daemon.protocol.errors import ErrorKind, RabbitError

GRAPH: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}
MANIFEST = Manifest(
    operation="color_grade",
    title="Invert",
    result="lut",
    bindings={"image": Binding("1", "LoadImage", "image")},
    output=Output("3"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "comfyui_workflows"


@pytest.fixture
def files(folder: Path) -> WorkflowFiles:
    return WorkflowFiles(folder)


def free(name: str) -> bool:
    del name
    return False


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def refusal(path: Path) -> str:
    with pytest.raises(RabbitError) as caught:
        read_source(path)
    assert caught.value.info.kind is ErrorKind.WORKFLOW_INVALID
    return caught.value.info.message


def packed(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_a_pair_is_saved_and_a_taken_name_gets_a_number(files: WorkflowFiles, folder: Path) -> None:
    assert files.save("Warm", GRAPH, MANIFEST, free, "") == "Warm"
    assert files.save("Warm", GRAPH, MANIFEST, free, "") == "Warm (2)"
    assert names(folder) == {"Warm.json", "Warm.yaml", "Warm (2).json", "Warm (2).yaml"}
    assert json.loads((folder / "Warm.json").read_text("utf-8")) == GRAPH
    assert parse_manifest((folder / "Warm.yaml").read_bytes(), "Warm.yaml") == MANIFEST


def test_the_name_of_a_shipped_workflow_is_taken_too(files: WorkflowFiles) -> None:
    assert files.save("kontext", GRAPH, MANIFEST, {"kontext"}.__contains__, "") == "kontext (2)"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("a/b\\c:d*e?", "a b c d e"),
        (" .hidden. ", "hidden"),
        ("CON", "CON workflow"),
        ("model_names", "model_names workflow"),
        ("Grün 変換 (2)", "Grün 変換 (2)"),
        ("\0\n", "workflow"),
        ("x" * 300, "x" * 80),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert is_safe(safe)


def test_a_deleted_pair_comes_back_as_it_was(files: WorkflowFiles, folder: Path) -> None:
    files.save("Warm", GRAPH, MANIFEST, free, "Mine.")
    before = (folder / "Warm.yaml").read_bytes()
    files.delete("Warm")
    assert names(folder) == set()
    assert files.restore("Warm", free) == "Warm"
    assert (folder / "Warm.yaml").read_bytes() == before


def test_the_pair_that_was_deleted_last_comes_back(folder: Path) -> None:
    times = iter((1.0, 2.0))
    files = WorkflowFiles(folder, now=lambda: next(times))
    for title in ("First", "Second"):
        files.save("Warm", GRAPH, parse_manifest(_titled(title), "x"), free, "")
        files.delete("Warm")
    files.restore("Warm", free)
    assert b"title: Second" in (folder / "Warm.yaml").read_bytes()


def _titled(title: str) -> bytes:
    return retitled(write_manifest(MANIFEST).encode(), title)


@pytest.mark.parametrize("name", ["gone", "../x", "model_names", ""])
def test_what_is_not_there_cannot_be_deleted(files: WorkflowFiles, name: str) -> None:
    with pytest.raises(RabbitError) as caught:
        files.delete(name)
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def test_an_export_is_one_archive_that_can_be_imported(
    files: WorkflowFiles, tmp_path: Path
) -> None:
    text = write_manifest(MANIFEST).encode()
    path = files.export("Warm", json.dumps(GRAPH).encode(), text, tmp_path)
    assert path == tmp_path / "Warm.zip"
    source = read_source(path)
    assert (source.name, source.graph, source.manifest) == ("Warm", GRAPH, MANIFEST)


def test_an_export_never_replaces_a_file(files: WorkflowFiles, tmp_path: Path) -> None:
    target = tmp_path / "mine.zip"
    target.write_bytes(b"precious")
    with pytest.raises(RabbitError) as caught:
        files.export("Warm", b"{}", b"", target)
    assert caught.value.info.kind is ErrorKind.ALREADY_EXISTS
    assert target.read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.zip"]


def test_model_names_are_kept_and_forgotten(files: WorkflowFiles) -> None:
    files.map_models({"a.sft": "b.sft", "c.sft": "d.sft"})
    assert files.map_models({"a.sft": ""}) == {"c.sft": "d.sft"}


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RabbitError, match="The workflow could not be saved") as caught:
        WorkflowFiles(tmp_path / "file" / "below").save("x", GRAPH, MANIFEST, free, "")
    assert caught.value.info.hint == "See to it that you may write there."


def test_a_full_disk_is_said_with_what_to_do(
    files: WorkflowFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RabbitError, match="The model names could not be saved") as caught:
        files.map_models({"a.sft": "b.sft"})
    assert caught.value.info.kind is ErrorKind.DISK_FULL
    assert caught.value.info.hint == "Free some space there."


# ---------------------------------------------------------------- archives


def test_an_archive_may_have_a_folder_and_what_a_mac_adds(tmp_path: Path) -> None:
    entries = {
        "Warm/Warm.json": json.dumps(GRAPH).encode(),
        "__MACOSX/Warm/._Warm.json": b"x",
        "Warm/.DS_Store": b"x",
    }
    assert read_source(packed(tmp_path / "a.zip", entries)).graph == GRAPH


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"../evil.json": b"{}"}, "leads out of it"),
        ({"/etc/evil.json": b"{}"}, "leads out of it"),
        ({"a/..\\..\\evil.json": b"{}"}, "leads out of it"),
        ({"a.json": b"{}", "b.json": b"{}"}, "holds 2 .json files"),
        ({"readme.txt": b""}, "holds no graph"),
        ({f"{n}.txt": b"" for n in range(30)}, "holds 30 files"),
        ({"bomb.json": b" " * 3_000_000}, "larger than 4096 KiB"),
        ({"a.json": b"[" * 5_000_000}, "larger than 4096 KiB"),
    ],
)
def test_an_odd_archive_is_refused(tmp_path: Path, entries: dict[str, bytes], reason: str) -> None:
    assert reason in refusal(packed(tmp_path / "a.zip", entries))


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.json": json.dumps(GRAPH).encode()})
    path.write_bytes(path.read_bytes()[:40])
    assert refusal(path) == "a.zip is no usable .zip archive."


# ---------------------------------------------------------------- other files


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    "text",
    [
        chunk(b"tEXt", b"prompt\0" + json.dumps(GRAPH).encode()),
        chunk(b"zTXt", b"prompt\0\0" + zlib.compress(json.dumps(GRAPH).encode())),
        chunk(b"iTXt", b"prompt\0\0\0\0\0" + json.dumps(GRAPH).encode()),
    ],
    ids=["plain", "packed", "utf-8"],
)
def test_the_workflow_inside_of_a_picture_is_found(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + text)
    assert read_source(path).graph == GRAPH


def test_a_packed_text_that_is_too_long_counts_as_none(tmp_path: Path) -> None:
    bomb = chunk(b"zTXt", b"prompt\0\0" + zlib.compress(b" " * 50_000_000))
    path = tmp_path / "out.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bomb)
    assert refusal(path) == "out.png is a picture without a workflow in it."


def test_what_a_server_adds_to_the_nodes_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    graph = {i: {**node, "is_changed": ["x"]} for i, node in GRAPH.items()}
    path.write_text(json.dumps({"prompt": graph, "client_id": "c"}), encoding="utf-8")
    assert read_source(path).graph == GRAPH


def test_a_file_of_the_window_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"nodes": [], "links": []}), encoding="utf-8")
    source = read_source(path)
    assert (source.graph, source.window) == (None, {"nodes": [], "links": []})


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.json", b"nonsense", "is not JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b"\xff\xfe\x00", "UTF-8"),
        ("a.json", b" " * (4 * 1024 * 1024 + 1), "is larger than 4 MiB"),
        ("a.yaml", b"operation: x", "comes with its graph in one .zip"),
        ("a.json", b"[1, 2]", "holds no graph"),
    ],
)
def test_what_is_no_workflow_is_refused(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert reason in refusal(tmp_path / name)


def test_a_file_to_import_that_is_no_graph_is_refused_with_where_to_get_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.json").write_bytes(b"nonsense")
    with pytest.raises(RabbitError) as caught:
        read_source(tmp_path / "a.json")
    assert caught.value.info.message.endswith("is not JSON (Expecting value).")
    assert "Workflow > Export (API)" in caught.value.info.hint


def test_a_folder_is_no_workflow(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    assert refusal(tmp_path / "a.json") == "a.json is a folder."


# ---------------------------------------------------------------- the manifest as text


def test_a_manifest_looks_like_the_shipped_ones() -> None:
    step = Parameter("31", "steps", "integer", default=20, min=1, max=50, advanced=True)
    sampled = Manifest(
        operation="color_grade",
        title="Warm",
        result="lut",
        bindings={
            "image": Binding("190", "LoadImage", "image"),
            "prompt": Binding("6", "CLIPTextEncode", "text"),
        },
        parameters={"steps": step},
        output=Output("136"),
    )
    assert write_manifest(sampled, "What it is for.") == (
        "# What it is for.\n"
        "operation: color_grade\n"
        "title: Warm\n"
        "result: lut\n"
        "mask: none\n"
        "bindings:\n"
        '  image:  {node: "190", class: LoadImage, input: image}\n'
        '  prompt: {node: "6", class: CLIPTextEncode, input: text}\n'
        "parameters:\n"
        '  steps: {node: "31", input: steps, type: integer, default: 20, min: 1, max: 50, '
        "advanced: true}\n"
        'output: {node: "136", filename_prefix: filename_prefix}\n'
        "version: 1\n"
    )


@pytest.mark.parametrize(
    "value",
    ["yes", "null", "12", "1e5", "a: b", "# no", "{x}", 'say "so"', "it's", "line\nbreak", "変換"],
)
def test_any_text_survives_in_a_manifest(value: str) -> None:
    parameter = Parameter("3", value.strip(), "text", default=value, title=value)
    odd = Manifest(
        operation="x",
        title=value,
        result="lut",
        output=Output("3"),
        parameters={"a": parameter},
    )
    assert parse_manifest(write_manifest(odd).encode(), "x.yaml") == odd


@pytest.mark.parametrize("number", [0.00001, 1e-7, 0.05, -2.5, 1e9, 3.0])
def test_any_number_survives_in_a_manifest(number: float) -> None:
    parameter = Parameter("3", "x", "number", default=number, min=-1e9, max=1e9, step=0.001)
    odd = Manifest(
        operation="x", title="T", result="lut", output=Output("3"), parameters={"a": parameter}
    )
    assert parse_manifest(write_manifest(odd).encode(), "x.yaml") == odd
