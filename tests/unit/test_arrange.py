import pytest

from daemon.library.arrange import SORTS, Arranger
from daemon.library.arrange_columns import Columns
from daemon.library.roll import Roll
from daemon.protocol.values import PhotoEntry, PhotoFilter
from daemon.storage.catalogue_reading import FactsRow, Names

NAMES = Names(
    {0: "", 1: "Canon EOS R5", 2: "Nikon D850"},
    {0: "", 1: "RF24-105mm F4 L", 2: "NIKKOR f/1.8"},
    {0: (), 1: ("beach", "Zürich"), 2: ("Places|Alps", "dog")},
)
FACTS = {
    b"img10.jpg": {"taken": 20240621100000, "camera": 1, "lens": 1, "rating": 5},
    b"img2.jpg": {"taken": 20240620100000, "camera": 2, "lens": 2, "label": "red"},
    "Ähre.png".encode(): {"keywords": 1, "flag": "pick", "format": "png"},
    b"sub/x.dng": {"keywords": 2, "flag": "reject", "format": "raw", "title": "Low tide"},
}


def row(name: bytes, size: int, **changes: object) -> FactsRow:
    fields: dict[str, object] = {
        "name": name,
        "size_bytes": size,
        "mtime_ns": size,
        "sidecar_mtime_ns": 0,
        "format": "jpeg",
        "taken": 0,
        "camera": 0,
        "lens": 0,
        "rating": 0,
        "label": "",
        "flag": "",
        "keywords": 0,
        "has_place": 0,
        "title": "",
        "gone_s": 0,
    }
    return FactsRow(**(fields | changes))


def columns() -> Columns:
    roll = Roll()
    sizes = [30, 10, 40, 20]
    roll.add(PhotoEntry(name, size, size) for name, size in zip(FACTS, sizes, strict=True))
    made = Columns(roll)
    made.grow()
    rows = [row(*pair, **FACTS[pair[0]]) for pair in zip(FACTS, sizes, strict=True)]
    made.put(enumerate(rows))
    made.add_words(NAMES)
    return made


def shown(sort: str = "name", *, backwards: bool = False, **wanted: object) -> list[int]:
    arranger = Arranger(columns())
    ids = arranger.arrange(sort, backwards=backwards, wanted=PhotoFilter(**wanted))
    return list(memoryview(ids).cast("I"))


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", [1, 0, 3, 2]),
        ("modified", [1, 3, 0, 2]),
        ("size", [1, 3, 0, 2]),
        ("taken", [3, 2, 1, 0]),
        ("rating", [1, 3, 2, 0]),
        ("type", [1, 0, 2, 3]),
        ("camera", [3, 2, 0, 1]),
    ],
)
def test_photos_stand_in_the_order_that_was_chosen(sort: str, expected: list[int]) -> None:
    assert shown(sort) == expected


def test_every_order_has_its_test() -> None:
    assert set(SORTS) == {"name", "modified", "taken", "size", "type", "rating", "camera"}


def test_names_stay_in_order_where_the_rest_is_equal() -> None:
    assert shown("rating", backwards=True) == [0, 1, 3, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("img", [1, 0]),
        ("MG1", [0]),
        ("ahre", [2]),
        ("canon", [0]),
        ("eos r5", [0]),
        ("anon", []),
        ("zurich", [2]),
        ("alps", [3]),
        ("places|al", [3]),
        ("1.8", [1]),
        ("low dog", [3]),
        ("low beach", []),
        ("sub/", [3]),
    ],
)
def test_a_search_finds_parts_of_names_and_beginnings_of_words(
    text: str, expected: list[int]
) -> None:
    assert shown(text=text) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"min_rating": 1}, [0]),
        ({"labels": ("red",)}, [1]),
        ({"labels": ("red", "none")}, [1, 0, 3, 2]),
        ({"flags": ("pick", "reject")}, [3, 2]),
        ({"flags": ("none",)}, [1, 0]),
        ({"kinds": ("png", "raw")}, [3, 2]),
        ({"cameras": ("Canon EOS R5",)}, [0]),
        ({"lenses": ("NIKKOR f/1.8", "nothing")}, [1]),
        ({"keywords": ("BEACH",)}, [2]),
        ({"keywords": ("beach", "dog")}, []),
        ({"taken_from": "2024-06-21"}, [0]),
        ({"taken_to": "2024-06-20"}, [1]),
        ({"taken_from": "2024-06-20", "taken_to": "2024-06-21"}, [1, 0]),
        ({"min_rating": 1, "text": "nikon"}, []),
    ],
)
def test_every_condition_must_hold(wanted: dict[str, object], expected: list[int]) -> None:
    assert shown(**wanted) == expected


@pytest.mark.parametrize(("edited", "expected"), [(True, [1]), (False, [0, 3, 2])])
def test_photos_with_results_are_told_from_others(edited: bool, expected: list[int]) -> None:
    arranger = Arranger(columns())
    ids = arranger.arrange(
        "name", backwards=False, wanted=PhotoFilter(edited=edited), edited={b"img2.jpg"}
    )
    assert list(memoryview(ids).cast("I")) == expected


def test_photos_that_are_gone_are_not_shown() -> None:
    made = columns()
    arranger = Arranger(made)
    arranger.prepare()
    made.remove([1])
    ids = arranger.arrange("name", backwards=False, wanted=PhotoFilter())
    assert list(memoryview(ids).cast("I")) == [0, 3, 2]


def test_photos_that_came_later_are_found() -> None:
    made = columns()
    arranger = Arranger(made)
    arranger.prepare()
    made.roll.add([PhotoEntry(b"img3.jpg", 1, 1)])
    made.grow()
    ids = arranger.arrange("name", backwards=False, wanted=PhotoFilter(text="img"))
    assert list(memoryview(ids).cast("I")) == [1, 4, 0]


def test_the_choices_are_counted_the_most_frequent_first() -> None:
    made = columns()
    changed = row(b"x", 40, camera=1, keywords=2, taken=20240621230000, format="png")
    made.put([(2, changed), (99, changed)])
    choices = Arranger(made).choices(7)
    assert choices.listing_id == 7
    assert choices.cameras == (("Canon EOS R5", 2), ("Nikon D850", 1))
    assert choices.lenses == (("NIKKOR f/1.8", 1), ("RF24-105mm F4 L", 1))
    assert choices.keywords == (("Places|Alps", 2), ("dog", 2))
    assert choices.kinds == (("jpeg", 2), ("png", 1), ("raw", 1))
    assert choices.days == (("2024-06-21", 2), ("2024-06-20", 1))


def test_facts_of_a_file_that_changed_since_are_not_current() -> None:
    made = columns()
    made.roll.change(PhotoEntry(b"img2.jpg", 11, 10))
    assert not made.is_current(1)
    made.roll.change(PhotoEntry(b"img2.jpg", 10, 10))
    assert made.is_current(1)
