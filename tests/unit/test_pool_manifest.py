"""Manifest and references of a pool: written, read back, and what others wrote into them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.storage.pool_manifest import (
    MAX_LABEL,
    MAX_SLOTS,
    Entry,
    Manifest,
    ManifestBrokenError,
    Reference,
    clean_label,
    format_manifest,
    format_reference,
    parse_manifest,
    parse_reference,
)

# The form that DESIGN and the ComfyUI node "Image Pool (Grid)" agree on.
PLAIN = b"""{ "active": 0, "slots": [ { "image": "img_0001.png", "mask": "img_0001.mask.png",
 "label": "", "added": 1718960000 } ] }"""

labels = st.text(max_size=40).map(clean_label)
stems = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_ -]{0,18}[A-Za-z0-9_]", fullmatch=True)
entries = st.builds(
    lambda stem, own, masked, label, added: Entry(
        stem + (".png" if own else ".ref.json"),
        stem + ".mask.png" if masked else None,
        label,
        added,
    ),
    stems,
    st.booleans(),
    st.booleans(),
    labels,
    st.integers(0, 1 << 40),
)
slot_lists = st.lists(entries, max_size=12, unique_by=lambda entry: entry.slot.casefold())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
odd_slots = st.fixed_dictionaries(
    {
        "image": st.sampled_from(["img_0001.png", "../x.png", "/etc/x.png", "a/b.png", ""])
        | json_values
    },
    optional={
        "mask": st.sampled_from(["img_0001.mask.png", "/abs.png", "..\\x.png"]) | json_values,
        "label": json_values,
        "added": json_values,
    },
)


def said(**fields: object) -> bytes:
    return json.dumps({"active": 0, "slots": [{"image": "a.png", **fields}]}).encode()


def test_the_agreed_form_is_read() -> None:
    manifest, problems = parse_manifest(PLAIN)
    entry = Entry("img_0001.png", "img_0001.mask.png", "", 1718960000)
    assert (manifest, problems) == (Manifest(0, (entry,)), [])


def test_the_agreed_form_is_written() -> None:
    manifest, _ = parse_manifest(PLAIN)
    assert json.loads(format_manifest(manifest)) == json.loads(PLAIN)


def test_an_empty_pool_is_written_with_active_0() -> None:
    assert json.loads(format_manifest(Manifest())) == {"active": 0, "slots": []}


@given(slot_lists, st.integers(0, 20))
def test_what_is_written_is_read_back(slots: list[Entry], active: int) -> None:
    manifest = Manifest(min(active, len(slots) - 1), tuple(slots))
    assert parse_manifest(format_manifest(manifest)) == (manifest, [])


@given(st.binary(max_size=200))
def test_any_bytes_give_a_manifest_or_the_one_error(data: bytes) -> None:
    try:
        manifest, _ = parse_manifest(data)
    except ManifestBrokenError:
        return
    assert -1 <= manifest.active < max(len(manifest.slots), 1)


@given(st.lists(odd_slots | json_values, max_size=6), json_values)
def test_wrong_types_leave_a_manifest_that_can_be_used(slots: list[object], active: object) -> None:
    data = json.dumps({"active": active, "slots": slots}).encode()
    manifest, _ = parse_manifest(data)
    assert parse_manifest(format_manifest(manifest)) == (manifest, [])
    assert all("/" not in entry.image and ".." not in entry.image for entry in manifest.slots)
    assert all(entry.mask is None or "/" not in entry.mask for entry in manifest.slots)


@pytest.mark.parametrize("active", [-1, -7, 1, 10**30, "1", None, True, 0.5, [0]])
def test_an_active_slot_that_cannot_be_is_repaired_and_told(active: object) -> None:
    data = json.dumps({"active": active, "slots": [{"image": "a.png"}]}).encode()
    manifest, problems = parse_manifest(data)
    assert manifest.active == 0
    assert len(problems) == 1


@pytest.mark.parametrize(
    "image",
    [
        "../img_0001.png",
        "/img_0001.png",
        "C:\\img.png",
        "a/img.png",
        "..",
        ".hidden.png",
        "a\0.png",
        "img_0001.mask.png",
        "notes.txt",
        "",
        None,
        7,
        {"a": 1},
    ],
)
def test_an_image_that_is_no_picture_of_the_folder_is_left_out_and_told(image: object) -> None:
    manifest, problems = parse_manifest(said(image=image))
    assert manifest == Manifest()
    assert "left out" in problems[0]


@pytest.mark.parametrize("mask", ["../m.png", "/m.png", "a/m.png", "m.txt", 3, ["m.png"]])
def test_a_mask_outside_the_folder_is_dropped_and_the_slot_stays(mask: object) -> None:
    manifest, problems = parse_manifest(said(mask=mask, label="kept"))
    assert manifest.slots == (Entry("a.png", None, "kept"),)
    assert "mask" in problems[0]


def test_an_image_that_stands_there_twice_is_one_slot() -> None:
    data = json.dumps(
        {"active": 1, "slots": [{"image": "a.png"}, {"image": "a.ref.json"}]}
    ).encode()
    manifest, problems = parse_manifest(data)
    assert manifest.slots == (Entry("a.png"),)
    assert any("twice" in problem for problem in problems)


def test_the_active_slot_stays_active_where_one_before_it_is_left_out() -> None:
    slots = [{"image": "../x.png"}, {"image": "a.png"}, {"image": "b.png"}]
    manifest, _ = parse_manifest(json.dumps({"active": 2, "slots": slots}).encode())
    assert manifest.slots[manifest.active].image == "b.png"


def test_no_more_slots_are_taken_than_a_pool_holds() -> None:
    slots = [{"image": f"img_{number:04}.png"} for number in range(MAX_SLOTS + 5)]
    manifest, problems = parse_manifest(json.dumps({"active": 0, "slots": slots}).encode())
    assert len(manifest.slots) == MAX_SLOTS
    assert str(MAX_SLOTS + 5) in problems[0]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'{"slots": 3}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_manifest_is_said_to_be_broken(data: bytes) -> None:
    with pytest.raises(ManifestBrokenError):
        parse_manifest(data)


@given(
    st.binary(min_size=1, max_size=40).map(
        lambda name: b"/p/" + name.translate(None, b"/\0") + b"x.jpg"
    ),
    labels,
    st.integers(0, 1 << 50),
)
def test_a_reference_is_read_back_whatever_bytes_its_path_has(
    path: bytes, label: str, size: int
) -> None:
    reference = Reference(path, size, size * 2, "ab" * 16, label, size)
    assert parse_reference(format_reference(reference)) == reference


def test_a_path_that_is_not_utf_8_stands_as_base64() -> None:
    fields = json.loads(format_reference(Reference(b"/p/\xff.jpg")))
    assert fields["path_b64"] == "L3Av/y5qcGc="
    assert "path" not in fields


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "relative.jpg"},
        {"path": "/a/../etc/x.jpg"},
        {"path": "/etc/passwd"},
        {"path": "/a\0b.jpg"},
        {"path": 5},
        {"path_b64": "no base64"},
        {},
        [],
        None,
    ],
)
def test_a_reference_that_names_no_photo_is_broken(fields: object) -> None:
    with pytest.raises(ManifestBrokenError):
        parse_reference(json.dumps(fields).encode())


def test_a_label_is_one_line_and_not_too_long() -> None:
    assert clean_label("  two\nlines\t\0 ") == "two lines"
    assert len(clean_label("x" * 5000)) == MAX_LABEL
    assert clean_label("lone \ud800 surrogate") == "lone   surrogate"


@pytest.mark.parametrize("active", [-1, 0, 5])
def test_an_empty_pool_needs_no_active_slot(active: int) -> None:
    found = parse_manifest(json.dumps({"active": active, "slots": []}).encode())
    assert found == (Manifest(), [])
