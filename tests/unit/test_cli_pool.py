from __future__ import annotations

import base64
import io
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditRequest,
    Failed,
    MaskExport,
    Message,
    PoolActive,
    PoolAdd,
    PoolDelete,
    PoolDetach,
    PoolDuplicate,
    PoolExport,
    PoolImport,
    PoolLabel,
    PoolList,
    PoolManifest,
    PoolMove,
    PoolNew,
    PoolRemove,
    PoolRename,
    PoolSelect,
    PoolSetMask,
    PoolUndo,
    PoolUse,
)
from daemon.protocol.values import PoolSlot
from rabbitviewer.cli import main
from rabbitviewer.ipc import drop
from tests.fakes.answers import POOL, REFUSED, SELECTED, answer_everything, job
from tests.fakes.scripted_daemon import ScriptedDaemon

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
URI = "data:image/png;base64," + base64.b64encode(PNG).decode()
EMPTY = PoolManifest(pool_id="p3", name="New", active=-1, slots=())


@pytest.fixture(autouse=True)
def fake() -> Iterator[ScriptedDaemon]:
    with ScriptedDaemon(resolve_folders()) as daemon:
        answer_everything(daemon)
        yield daemon


def read(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out)


def outcome(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as left:
        return int(str(left.code))


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["pool"], "the following arguments are required: VERB"),
        (["pool", "lost"], "invalid choice: 'lost'"),
        (["pool", "list", "--pool", ""], "a pool's name is empty"),
        (["pool", "new", " "], "a pool's name is empty"),
        (["pool", "new", "caf\udce9"], "is not UTF-8 text"),
        (["pool", "add"], "the following arguments are required: PHOTO"),
        (["pool", "remove", "one"], "'one' is not a whole number -1"),
        (["pool", "activate", "-2"], "'-2' is not a whole number -1"),
        (["pool", "label", "0"], "the following arguments are required: TEXT"),
        (["pool", "set-mask", "0"], "name the mask, or say --clear"),
        (["pool", "set-mask", "0", "m.png", "--clear"], "name the mask, or say --clear"),
        (["pool", "set-mask", "0", "--clear", "--alpha"], "leave out --alpha"),
        (["pool", "set-mask", "0", ""], "the mask is empty"),
        (["pool", "move", "0", "up"], "'up' is not an index"),
        (["pool", "select", "--index", "-2"], "'-2' is not an index"),
        (["pool", "export", ""], "OUT.zip is empty"),
        (["pool", "export", "w.tar"], "w.tar: a pool is written as a .zip or a folder"),
        (["pool", "export-mask", "0", "m.jpg"], "the file must end with .png"),
        (["grade", "a.jpg", "--pool", "w", "--prompt", "x"], "leave out PHOTO"),
        (["grade", "a.jpg", "--index", "1", "--prompt", "x"], "--index goes with --pool"),
        (["grade", "a.jpg", "--all", "--prompt", "x"], "--all goes with --pool"),
        (["grade", "--pool", "w", "--all", "--index", "1", "--prompt", "x"], "leave out --index"),
        (["grade", "a.jpg", "--resize-mask", "--prompt", "x"], "name one"),
        (["grade", "--pool", "w", "--all", "-o", "a.jpg", "--prompt", "x"], "need a folder"),
        (["grade", "--pool", "w", "--no-mask", "--mask", "m", "--prompt", "x"], "contradict"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2_and_nothing_is_asked(
    arguments: list[str], complaint: str, fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert complaint in captured.err
    assert fake.received == []


# ---------------------------------------------------------------- listing


def test_people_see_a_table_of_the_pool(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pool", "list"]) == 0
    captured = capsys.readouterr()
    assert captured.out == (
        '"Wedding": 3 photos\n'
        "#  ACTIVE  MASK  STALE  LABEL  PHOTO\n"
        "0                       bride  /a.jpg\n"
        "1  *       yes   stale         /b.jpg\n"
        "2                              /c.jpg (missing)\n"
        'Other pools: "Trip" (12)\n'
    )
    assert captured.err == 'Photo 2: It is gone.\nPool "Wedding": The manifest was rebuilt.\n'


def test_an_empty_pool_says_what_to_do(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolList] = lambda _: [EMPTY]
    main(["pool", "list"])
    assert capsys.readouterr().out == (
        '"New": 0 photos\nAdd photos with `rabbitviewer pool add PHOTO...`.\n'
    )


def test_a_label_cannot_steer_the_terminal(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    slot = PoolSlot(slot="img_0001", path=b"/a\x1b[2J.jpg", label="\x1b[2J\nx")
    manifest = PoolManifest(pool_id="p", name="\x1b[2J", active=0, slots=(slot,))
    fake.scripts[PoolList] = lambda _: [manifest]
    main(["pool", "list"])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.count("\n") == 3


def test_the_document_holds_the_whole_pool(capsys: pytest.CaptureFixture[str]) -> None:
    main(["pool", "list", "--json"])
    document = read(capsys)
    assert isinstance(document, dict)
    assert (document["pool_id"], document["name"], document["active"]) == ("p1", "Wedding", 1)
    assert document["slots"][1] == {
        "index": 1,
        "slot": "img_0002",
        "path": "/b.jpg",
        "own": False,
        "missing": False,
        "mask": "/p/img_0002.mask.png",
        "label": "",
        "added": 0,
        "stale": True,
        "problem": "",
    }
    assert document["problems"] == ["The manifest was rebuilt."]


def test_a_pool_that_is_not_there_is_one_line_and_exit_code_1(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ErrorInfo(ErrorKind.NOT_FOUND, "There is no pool 'x'.", "See `pool list`.")
    fake.scripts[PoolList] = lambda _: [Failed(error=error)]
    assert main(["pool", "list", "--pool", "x"]) == 1
    assert capsys.readouterr().err == "rabbitviewer: There is no pool 'x'. See `pool list`.\n"


# ---------------------------------------------------------------- what reaches the daemon


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [
        ("list --pool Trip", PoolList(pool="Trip")),
        ("list --pool current", PoolList()),
        ("remove 0 2 0", PoolRemove(slots=("img_0001", "img_0003"), pool="p1")),
        ("remove -1", PoolRemove(slots=("img_0002",), pool="p1")),
        ("activate 2", PoolActive(slot="img_0003", pool="p1")),
        ("label 0 groom", PoolLabel(slot="img_0001", label="groom", pool="p1")),
        ("set-mask 0 --clear", PoolSetMask(slot="img_0001", pool="p1")),
        ("move 0 2", PoolMove(slots=("img_0001",), to=2, pool="p1")),
        ("move 0 -1", PoolMove(slots=("img_0001",), to=2, pool="p1")),
        ("move 0 99999999999999999999", PoolMove(slots=("img_0001",), to=2, pool="p1")),
        ("select", PoolSelect(index=-1)),
        ("select --index 99999999999999999999 --pool w", PoolSelect(index=2**31 - 1, pool="w")),
        ("undo", PoolUndo(pool="p1")),
        ("redo", PoolUndo(pool="p1", redo=True)),
        ("new Trip", PoolNew(name="Trip")),
        ("use Trip", PoolUse(pool="p1")),
        ("rename Trip", PoolRename(name="Trip", pool="p1")),
        ("duplicate", PoolDuplicate(pool="p1")),
        ("duplicate Copy", PoolDuplicate(pool="p1", name="Copy")),
        ("detach", PoolDetach(pool="p1")),
        ("delete", PoolDelete(pool="p1")),
    ],
)
def test_each_verb_asks_for_its_change(
    arguments: str, request_: Message, fake: ScriptedDaemon
) -> None:
    assert main(["pool", *arguments.split()]) == 0
    assert fake.asked(type(request_)) == [request_]


def test_paths_reach_the_daemon_absolute(
    fake: ScriptedDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = os.fsencode(tmp_path)
    main(["pool", "export", "w.zip"])
    main(["pool", "import", "w.zip", "--name", "Again"])
    main(["pool", "export-mask", "1", "m.png"])
    (export,) = fake.asked(PoolExport)
    (importing,) = fake.asked(PoolImport)
    (mask,) = fake.asked(MaskExport)
    assert isinstance(export, PoolExport)
    assert isinstance(importing, PoolImport)
    assert isinstance(mask, MaskExport)
    assert (export.output, importing.path) == (here + b"/w.zip", here + b"/w.zip")
    assert importing.name == "Again"
    assert (mask.output, mask.slot) == (here + b"/m.png", "img_0002")


def test_a_mask_is_written_over_nothing(
    fake: ScriptedDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.png").write_bytes(b"mine")
    (tmp_path / "m-1.png").symlink_to("nowhere")
    main(["pool", "export-mask", "1", str(tmp_path / "m.png")])
    assert capsys.readouterr().out == f"{tmp_path}/m-2.png\n"
    (request,) = fake.asked(MaskExport)
    assert isinstance(request, MaskExport)
    assert request.output == os.fsencode(tmp_path / "m-2.png")


@pytest.mark.parametrize("verb", ["remove", "activate", "label", "set-mask", "move", "export-mask"])
def test_what_changes_a_photo_never_guesses_which(
    verb: str, fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = {"label": ["x"], "set-mask": ["--clear"], "move": ["0"], "export-mask": ["m.png"]}
    assert main(["pool", verb, "3", *rest.get(verb, [])]) == 1
    assert capsys.readouterr().err == (
        'rabbitviewer: The pool "Wedding" holds 3 photos; there is no index 3. '
        "Give 0 to 2, or -1 for the active one.\n"
    )
    assert {type(request).__name__ for request in fake.received} == {"Hello", "PoolList"}


def test_in_an_empty_pool_there_is_nothing_to_change(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolList] = lambda _: [EMPTY]
    assert main(["pool", "remove", "0"]) == 1
    assert 'The pool "New" is empty; there is no index 0.' in capsys.readouterr().err


# ---------------------------------------------------------------- select


def test_select_gives_exactly_what_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    main(["pool", "select", "--index", "1", "--json"])
    assert read(capsys) == {
        "pool_id": "p1",
        "index": 1,
        "count": 3,
        "label": "",
        "image": "/b.jpg",
        "mask": "/p/img_0002.mask.png",
        "change_hash": "0123",
    }


def test_an_empty_pool_gives_its_black_pictures_and_no_failure(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = msgspec.structs.replace(SELECTED, index=-1, count=0, painted=False, slot="")
    fake.scripts[PoolSelect] = lambda _: [nothing]
    assert main(["pool", "select", "--json"]) == 0
    document = read(capsys)
    assert isinstance(document, dict)
    assert (document["index"], document["count"]) == (-1, 0)


# ---------------------------------------------------------------- add


@pytest.mark.parametrize("copy", [[], ["--copy"]])
def test_what_became_of_each_photo_is_told_in_the_order_given(
    copy: list[str], fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolList] = lambda _: [EMPTY]
    fake.scripts[PoolAdd] = FakePool()
    assert main(["pool", "add", "/b.jpg", "/gone.jpg", "/a.jpg", *copy, "--json"]) == 1
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert len(document["slots"]) == 2
    assert document["added"] == [
        {"path": "/b.jpg", "slot": "img_0001", "index": 0},
        {
            "path": "/gone.jpg",
            "error": {
                "kind": "not_found",
                "message": "/gone.jpg is not there.",
                "hint": "Check its name.",
            },
        },
        {"path": "/a.jpg", "slot": "img_0002", "index": 1},
    ]
    assert captured.err == "rabbitviewer: /gone.jpg is not there. Check its name.\n"


def test_photos_for_which_there_is_no_room_are_told_in_one_line(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    full = msgspec.structs.replace(POOL, problems=("3 photos did not fit into the pool.",))
    fake.scripts[PoolList] = lambda _: [msgspec.structs.replace(POOL, problems=())]
    fake.scripts[PoolAdd] = lambda _: [full]
    assert main(["pool", "add", "/d.jpg", "/e.jpg", "/f.jpg", "--json"]) == 1
    captured = capsys.readouterr()
    assert len(fake.asked(PoolAdd)) == 1
    assert [item["error"]["kind"] for item in json.loads(captured.out)["added"]] == [
        "invalid_request"
    ] * 3
    assert captured.err == (
        "rabbitviewer: /d.jpg and 2 photos more: 3 photos did not fit into the pool. "
        "Put them into another pool.\n"
    )


def test_a_copy_that_failed_is_not_taken_for_the_photo_that_is_there(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = msgspec.structs.replace(POOL, problems=("/a.jpg is damaged.",))
    fake.scripts[PoolAdd] = lambda _: [broken]
    assert main(["pool", "add", "--copy", "/a.jpg"]) == 1
    assert "rabbitviewer: /a.jpg is damaged." in capsys.readouterr().err


def test_a_request_that_is_refused_as_a_whole_is_a_failure_of_its_photos(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pool", "add", "/d.jpg", "/gone.jpg", "--json"]) == 1
    captured = capsys.readouterr()
    first, second = json.loads(captured.out)["added"]
    assert (first["slot"], second["error"]["kind"]) == ("img_0004", "not_found")
    assert captured.err.startswith("rabbitviewer: There is no photo /gone.jpg. Check its name.\n")


def test_photos_are_added_in_one_request_and_named_once(fake: ScriptedDaemon) -> None:
    assert main(["pool", "add", "/d.jpg", "/e.jpg", "/d.jpg", "--at", "1", "--activate"]) == 0
    request = PoolAdd(paths=(b"/d.jpg", b"/e.jpg"), pool="p1", at=1, activate=True)
    assert fake.asked(PoolAdd) == [request]


def test_hundreds_of_photos_keep_their_order_over_several_requests(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolAdd] = FakePool()
    photos = [f"/{number}.jpg" for number in range(500)]
    assert main(["pool", "add", *photos, "--at", "0", "--json"]) == 0
    document = read(capsys)
    assert isinstance(document, dict)
    assert [slot["path"] for slot in document["slots"]] == photos
    assert [item["index"] for item in document["added"]] == list(range(500))


def test_a_photo_that_the_pool_leaves_out_is_a_failure(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolAdd] = lambda _: [POOL]
    assert main(["pool", "add", "/d.jpg"]) == 1
    assert "/d.jpg did not come into the pool" in capsys.readouterr().err


def test_a_name_that_is_no_text_is_added(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pool", "add", os.fsdecode(b"/caf\xe9.jpg"), "--json"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out)["added"][0]["path"] == "/caf\udce9.jpg"
    (request,) = fake.asked(PoolAdd)
    assert isinstance(request, PoolAdd)
    assert request.paths == (b"/caf\xe9.jpg",)


class FakePool:
    """Keeps what was added, as the daemon does; leaves out what is called gone.jpg."""

    def __init__(self) -> None:
        self.slots: list[PoolSlot] = []

    def __call__(self, request: Message) -> Iterator[Message]:
        assert isinstance(request, PoolAdd)
        refused = [path for path in request.paths if path.endswith(b"gone.jpg")]
        known = {slot.path for slot in self.slots if not slot.own}
        new = [path for path in request.paths if path not in known and path not in refused]
        at = len(self.slots) if request.at == -1 else request.at
        for place, path in enumerate(new, at):
            slot = f"img_{len(self.slots) + 1:04}"
            kept = f"/pool/{slot}.png".encode() if request.copy else bytes(path)
            self.slots.insert(place, PoolSlot(slot=slot, path=kept, own=request.copy))
        problems = tuple(f"{os.fsdecode(path)} is not there." for path in refused)
        yield msgspec.structs.replace(POOL, slots=tuple(self.slots), problems=problems)


# ---------------------------------------------------------------- masks


def test_a_masks_file_is_named_with_what_to_do_with_it(
    fake: ScriptedDaemon, tmp_path: Path
) -> None:
    mask = tmp_path / "m.png"
    main(["pool", "set-mask", "0", str(mask), "--alpha", "--invert", "--resize"])
    expected = PoolSetMask(
        mask=os.fsencode(mask), slot="img_0001", pool="p1", alpha=True, invert=True, resize=True
    )
    assert fake.asked(PoolSetMask) == [expected]


@pytest.mark.parametrize("arguments", ["0 --alpha m.png", "--alpha 0 m.png", "0 m.png --alpha"])
def test_options_may_stand_between_a_photo_and_its_mask(
    arguments: str, fake: ScriptedDaemon
) -> None:
    assert main(["pool", "set-mask", *arguments.split()]) == 0
    (request,) = fake.asked(PoolSetMask)
    assert isinstance(request, PoolSetMask)
    assert (request.slot, request.alpha) == ("img_0001", True)
    assert request.mask.endswith(b"/m.png")


@pytest.mark.parametrize("arguments", [["0", "--", "-x"], ["--", "0", "-x"]])
def test_a_label_may_begin_like_an_option(arguments: list[str], fake: ScriptedDaemon) -> None:
    assert main(["pool", "label", *arguments]) == 0
    assert fake.asked(PoolLabel) == [PoolLabel(slot="img_0001", label="-x", pool="p1")]


@pytest.mark.parametrize(
    "uri",
    [
        URI,
        URI.rstrip("="),
        URI.replace("data:image/png", "DATA:Image/PNG;charset=utf-8"),
        URI[:60] + "\n " + URI[60:],
        URI.replace("=", "%3D").replace("+", "%2B"),
    ],
    ids=["plain", "no-padding", "parameters", "lines", "percent"],
)
def test_a_data_uri_becomes_a_file_in_the_drop_folder(
    uri: str, fake: ScriptedDaemon, home: Path
) -> None:
    seen = Taken()
    fake.scripts[PoolSetMask] = seen
    assert main(["pool", "set-mask", "0", uri]) == 0
    assert seen.pictures == [PNG]
    assert seen.folders == {home / "cache" / "drop"}
    assert stat.S_IMODE((home / "cache" / "drop").stat().st_mode) == 0o700


@pytest.mark.parametrize("piped", [PNG, URI.encode(), b"\n" + URI.encode() + b"\n"])
def test_a_dash_reads_the_mask_from_standard_input(
    piped: bytes, fake: ScriptedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Taken()
    fake.scripts[PoolSetMask] = seen
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped)))
    assert main(["pool", "set-mask", "0", "-"]) == 0
    assert seen.pictures == [PNG]


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        ("data:image/jpeg;base64,AAAA", "The data URI begins with 'data:image/jpeg;base64'."),
        ("data:image/png,AAAA", "The data URI begins with 'data:image/png'."),
        ("data:image/png;base64,", "The data URI holds nothing."),
        ("data:image/png;base64,AAA$", "The data URI is not valid base64."),
        ("data:image/png;base64,A", "The data URI is not valid base64."),
        ("data:image/png;base64,é", "The data URI is not valid base64."),
        ("data:image/png;base64,\udce9", "The data URI is not valid base64."),
        ("data:image/png;base64,AAAA", "The data URI holds no PNG."),
    ],
)
def test_a_data_uri_that_holds_no_png_is_told_and_nothing_is_sent(
    mask: str,
    sentence: str,
    fake: ScriptedDaemon,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["pool", "set-mask", "0", mask]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"rabbitviewer: {sentence}")
    assert captured.err.count("\n") == 1
    assert fake.asked(PoolSetMask) == []
    assert not (home / "cache" / "drop").exists()


def test_a_data_uri_that_is_too_large_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drop, "MAX_PICTURE_BYTES", 1 << 20)
    monkeypatch.setattr(drop.base64, "b64decode", None)
    assert main(["pool", "set-mask", "0", "data:image/png;base64," + "A" * (2 << 20)]) == 1
    assert "The data URI holds more than 1 MB." in capsys.readouterr().err


def test_a_file_that_the_daemon_refuses_to_take_is_not_left_behind(
    fake: ScriptedDaemon, home: Path
) -> None:
    fake.scripts[PoolSetMask] = lambda _: [Failed(error=REFUSED)]
    assert main(["pool", "set-mask", "0", URI]) == 1
    assert list((home / "cache" / "drop").iterdir()) == []


def test_people_are_told_whether_the_photo_has_a_mask_now(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["pool", "set-mask", "0", "black.png"])
    main(["pool", "set-mask", "1", "m.png"])
    assert capsys.readouterr().out == "/a.jpg: has no mask\n/b.jpg: has a mask\n"


def test_a_refusal_of_a_pasted_mask_does_not_name_a_file_that_nobody_knows(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolSetMask] = damaged
    assert main(["pool", "set-mask", "0", URI]) == 1
    assert capsys.readouterr().err == "rabbitviewer: The mask is cut off. Copy it again.\n"


def damaged(request: Message) -> list[Message]:
    assert isinstance(request, PoolSetMask)
    message = f"{os.fsdecode(request.mask)} is cut off."
    return [Failed(error=ErrorInfo(ErrorKind.UNREADABLE, message, "Copy it again."))]


def test_a_refusal_names_the_mask(fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    error = ErrorInfo(ErrorKind.INVALID_REQUEST, "The mask is 3 x 2 pixels.", "Turn it.")
    fake.scripts[PoolSetMask] = lambda _: [Failed(error=error)]
    assert main(["pool", "set-mask", "0", "m.png"]) == 1
    assert capsys.readouterr().err == ("rabbitviewer: The mask m.png is 3 x 2 pixels. Turn it.\n")


class Taken:
    """Takes masks out of the drop folder."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self.folders: set[Path] = set()

    def __call__(self, request: Message) -> list[Message]:
        assert isinstance(request, PoolSetMask)
        assert request.take
        path = Path(os.fsdecode(request.mask))
        self.pictures.append(path.read_bytes())
        self.folders.add(path.parent)
        path.unlink()
        return [POOL]


# ---------------------------------------------------------------- grade


def graded(fake: ScriptedDaemon, *names: str) -> list[tuple[Any, ...]]:
    """What was asked for of each photo."""
    return [tuple(getattr(asked, name) for name in names) for asked in fake.asked(AiEditRequest)]


def test_one_mask_goes_with_every_photo(fake: ScriptedDaemon) -> None:
    main(["grade", "/a.jpg", "/b.jpg", "--prompt", "x", "--mask", "/m.png", "--resize-mask"])
    assert graded(fake, "path", "mask", "resize_mask") == [
        (b"/a.jpg", b"/m.png", True),
        (b"/b.jpg", b"/m.png", True),
    ]


@pytest.mark.parametrize(
    ("index", "used", "slot"),
    [
        ([], 1, "img_0002"),
        (["--index", "-1"], 1, "img_0002"),
        (["--index", "0"], 0, "img_0001"),
        (["--index", "7"], 2, "img_0003"),
    ],
)
def test_a_slot_is_the_active_one_or_the_one_of_the_clamped_index(
    index: list[str], used: int, slot: str, fake: ScriptedDaemon
) -> None:
    main(["grade", "--pool", "Wedding", *index, "--prompt", "x"])
    assert graded(fake, "pool", "index", "slot", "path") == [("p1", used, slot, b"")]


def test_a_whole_pool_is_a_list_in_its_order(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[AiEditRequest] = lambda _: [Failed(error=REFUSED)]
    assert main(["grade", "--pool", "current", "--all", "--prompt", "x", "--json"]) == 1
    document = read(capsys)
    assert isinstance(document, list)
    assert [item["path"] for item in document] == ["/a.jpg", "/b.jpg", "/c.jpg"]
    assert graded(fake, "slot") == [("img_0001",), ("img_0002",), ("img_0003",)]


def test_of_several_photos_each_refusal_names_its_photo(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ErrorInfo(ErrorKind.INVALID_REQUEST, "Inpaint mask strokes are empty.", "")
    fake.scripts[AiEditRequest] = lambda _: [Failed(error=error)]
    main(["grade", "/a.jpg", "/b.jpg", "--prompt", "x", "--mask", "/m.png"])
    assert capsys.readouterr().err == (
        "rabbitviewer: /a.jpg: Inpaint mask strokes are empty.\n"
        "rabbitviewer: /b.jpg: Inpaint mask strokes are empty.\n"
    )


def test_a_whole_pool_of_one_photo_is_a_list_too(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolList] = lambda _: [msgspec.structs.replace(POOL, slots=POOL.slots[:1])]
    fake.scripts[AiEditRequest] = lambda _: [Failed(error=REFUSED)]
    main(["grade", "--pool", "Wedding", "--all", "--prompt", "x", "--json"])
    document = read(capsys)
    assert isinstance(document, list)
    assert len(document) == 1


def test_one_mask_stands_in_for_each_slots_own(fake: ScriptedDaemon) -> None:
    main(["grade", "--pool", "w", "--all", "--prompt", "x", "--mask", "/m.png"])
    assert graded(fake, "mask") == [(b"/m.png",)] * 3


def test_a_pasted_mask_stays_where_the_result_says_it_is(fake: ScriptedDaemon, home: Path) -> None:
    main(["grade", "/a.jpg", "--prompt", "x", "--mask", URI])
    ((mask,),) = graded(fake, "mask")
    assert Path(os.fsdecode(mask)).parent == home / "cache" / "drop"
    assert Path(os.fsdecode(mask)).read_bytes() == PNG


def test_a_slots_mask_can_be_left_out(fake: ScriptedDaemon) -> None:
    main(["grade", "--pool", "w", "--prompt", "x", "--no-mask"])
    assert graded(fake, "whole") == [(True,)]


def test_an_empty_pool_is_not_graded(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PoolList] = lambda _: [EMPTY]
    assert main(["grade", "--pool", "New", "--prompt", "x"]) == 1
    assert 'The pool "New" is empty. Add photos' in capsys.readouterr().err
    assert fake.asked(AiEditRequest) == []


def test_a_grade_through_a_pools_mask_says_where_it_came_from(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    done = msgspec.structs.replace(
        job(b"/b.jpg", state="done"),
        mask_path=b"/p/m.png",
        outside_identical=True,
        pool_id="p1",
        slot="img_0002",
        index=1,
    )
    fake.scripts[AiEditRequest] = lambda _: [AiEditAccepted(job_id=done.job_id, job=done)]
    main(["grade", "--pool", "Wedding", "--prompt", "x", "--json"])
    document = read(capsys)
    assert isinstance(document, dict)
    names = ("mask_path", "outside_identical", "pool_id", "index", "slot")
    assert [document[name] for name in names] == ["/p/m.png", True, "p1", 1, "img_0002"]
