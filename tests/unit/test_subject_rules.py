"""What a grade is made of: photos, masks, and the reason where it cannot run."""

from __future__ import annotations

from typing import Any

from daemon.protocol.values import PoolSlot
from rabbitviewer.edit.grade_settings import GradeSettings
from rabbitviewer.edit.subject import (
    FILE,
    ONE,
    OWN,
    POOL,
    SELECTION,
    SLOT,
    WHOLE,
    Facts,
    Painting,
    Subject,
    Wish,
)
from rabbitviewer.edit.subject_rules import subject_of
from rabbitviewer.models.pool_contents import PoolContent
from tests.fakes.grading import PORTRAITS, make_slot, masked_slot

SETTINGS = GradeSettings("warm", "", 1.0, None, {})
EMPTY = "Inpaint mask strokes are empty. Paint where the grade shall count, or choose no mask."


def pool(*slots: PoolSlot, active: int = 0) -> PoolContent:
    return PoolContent(PORTRAITS, "Portraits", active if slots else -1, slots)


def work_out(
    wish: Wish,
    content: PoolContent | None,
    selected: tuple[bytes, ...] = (),
    painting: Painting | None = None,
    problems: dict[bytes, str] | None = None,
    sizes: dict[bytes, tuple[int, int]] | None = None,
) -> Subject:
    known = problems or {}
    facts = Facts(
        selected,
        content,
        content,
        painting,
        lambda path: known.get(path, ""),
        (sizes or {}).get,
    )
    return subject_of(wish, facts)


def asked(subject: Subject) -> list[tuple[Any, ...]]:
    """Path, pool, slot, mask, whole of every request."""
    requests = [target.request(SETTINGS) for target in subject.targets()]
    return [(bytes(r.path), r.pool, r.slot, bytes(r.mask), r.whole) for r in requests]


def test_a_photo_beside_the_pool_is_graded_whole() -> None:
    subject = work_out(Wish(), pool(masked_slot(1)), (b"/photos/9.jpg",))
    assert asked(subject) == [(b"/photos/9.jpg", "", "", b"", False)]
    assert (subject.choice, subject.note, subject.through) == (WHOLE, "", "")


def test_a_photo_that_was_painted_on_goes_through_its_mask() -> None:
    subject = work_out(Wish(), pool(make_slot(1), masked_slot(2)), (b"/photos/2.jpg",))
    assert asked(subject) == [(b"", PORTRAITS, "img_0002", b"", False)]
    assert subject.through == "through its mask"
    assert subject.note == "Only what the mask covers is changed."


def test_its_mask_can_be_left_out() -> None:
    subject = work_out(Wish(mask=WHOLE), pool(masked_slot(2)), (b"/photos/2.jpg",))
    assert asked(subject) == [(b"/photos/2.jpg", "", "", b"", False)]
    assert subject.note == "The mask is left out: the whole photo is graded."
    assert subject.offers == (OWN, WHOLE)


def test_a_slot_whose_mask_is_left_out_stays_a_slot() -> None:
    subject = work_out(Wish(SLOT, mask=WHOLE), pool(masked_slot(1)))
    assert asked(subject) == [(b"", PORTRAITS, "img_0001", b"", True)]


def test_a_mask_from_a_file_stands_in_for_the_slots_own() -> None:
    wish = Wish(SLOT, mask=FILE, mask_file=b"/masks/sky.png", resize=True)
    (target,) = work_out(wish, pool(masked_slot(1))).targets()
    request = target.request(SETTINGS)
    assert (bytes(request.mask), request.resize_mask) == (b"/masks/sky.png", True)
    assert (request.slot, request.whole) == ("img_0001", False)


SKY = b"/masks/sky.png"
SIZES = {b"/photos/1.jpg": (40, 30), SKY: (20, 30)}


def test_a_mask_of_another_size_is_told_with_both_sizes() -> None:
    wish = Wish(SLOT, mask=FILE, mask_file=SKY)
    subject = work_out(wish, pool(make_slot(1)), sizes=SIZES)
    assert subject.misfit
    assert subject.reason.startswith("The mask has 20 × 30 pixels, the photo 40 × 30.")


def test_a_mask_of_another_size_may_be_fitted() -> None:
    wish = Wish(SLOT, mask=FILE, mask_file=SKY, resize=True)
    subject = work_out(wish, pool(make_slot(1)), sizes=SIZES)
    assert (subject.misfit, subject.reason) == (True, "")


def test_a_mask_that_cannot_be_read_is_told_before_the_run() -> None:
    wish = Wish(mask=FILE, mask_file=SKY)
    subject = work_out(wish, pool(), (b"/photos/1.jpg",), problems={SKY: "sky.png is broken."})
    assert subject.reason == "sky.png is broken."


def test_minus_one_is_the_active_slot() -> None:
    subject = work_out(Wish(SLOT), pool(make_slot(1), make_slot(2, label="bride"), active=1))
    assert (subject.slot, subject.detail) == ("img_0002", "Active: slot 1 · bride")


def test_an_index_past_the_end_takes_the_last_slot_and_says_so() -> None:
    subject = work_out(Wish(SLOT, index=9), pool(make_slot(1), make_slot(2)))
    assert subject.slot == "img_0002"
    assert subject.detail == "There is no slot 9: 1, the last one, is taken"


def test_an_empty_pool_cannot_be_graded() -> None:
    for_slot, for_all = work_out(Wish(SLOT), pool()), work_out(Wish(POOL), pool())
    assert for_slot.reason == for_all.reason
    assert for_slot.reason.startswith("The pool is empty.")


def test_a_missing_photo_cannot_be_graded() -> None:
    subject = work_out(Wish(SLOT), pool(make_slot(1, missing=True)))
    assert subject.reason == ("1.jpg is not where it was. Put it back, or choose another photo.")


def test_a_broken_photo_says_why_it_cannot_be_graded() -> None:
    broken = {b"/photos/9.jpg": "9.jpg is broken."}
    subject = work_out(Wish(), pool(), (b"/photos/9.jpg",), problems=broken)
    assert subject.reason == "9.jpg is broken."


def test_a_mask_with_no_stroke_yet_cannot_be_used() -> None:
    content = pool(make_slot(1))
    painting = Painting(PORTRAITS, "img_0001", is_empty=True)
    assert work_out(Wish(SLOT), content, painting=painting).reason == EMPTY
    assert work_out(Wish(), content, (b"/photos/1.jpg",), painting).reason == EMPTY
    assert work_out(Wish(SLOT, mask=WHOLE), content, painting=painting).reason == ""


def test_a_mask_that_is_being_painted_counts_before_it_is_saved() -> None:
    painting = Painting(PORTRAITS, "img_0001")
    subject = work_out(Wish(), pool(make_slot(1)), (b"/photos/1.jpg",), painting)
    assert (subject.choice, subject.reason, subject.paints) == (OWN, "", True)


def test_of_several_photos_each_goes_through_its_own_mask() -> None:
    photos = (b"/photos/1.jpg", b"/photos/2.jpg", b"/photos/3.jpg")
    subject = work_out(Wish(), pool(masked_slot(2)), photos)
    assert subject.note == "1 of 3 have a mask; the others are graded whole."
    assert asked(subject) == [
        (b"/photos/1.jpg", "", "", b"", False),
        (b"", PORTRAITS, "img_0002", b"", False),
        (b"/photos/3.jpg", "", "", b"", False),
    ]


def test_one_mask_from_a_file_is_not_laid_over_several_photos() -> None:
    wish = Wish(mask=FILE, mask_file=b"/masks/sky.png")
    subject = work_out(wish, pool(), (b"/photos/1.jpg", b"/photos/2.jpg"))
    assert subject.reason.startswith("One mask from a file counts for one photo.")


def test_all_of_a_pool_go_through_their_own_masks() -> None:
    subject = work_out(Wish(POOL), pool(masked_slot(1), make_slot(2)))
    assert subject.through == "1 through their masks"
    assert asked(subject) == [
        (b"", PORTRAITS, "img_0001", b"", False),
        (b"", PORTRAITS, "img_0002", b"", False),
    ]


def test_all_of_a_pool_go_through_the_active_ones_mask() -> None:
    subject = work_out(Wish(POOL, mask=ONE), pool(make_slot(1), masked_slot(2), active=1))
    assert [mask for *_, mask, _ in asked(subject)] == [b"/pools/img_0002.mask.png", b""]
    assert [target.resize for target in subject.targets()] == [True, False]
    assert "fitted to photos of another size" in subject.note


def test_one_mask_for_all_is_offered_only_where_the_active_one_has_a_mask() -> None:
    assert work_out(Wish(POOL), pool(make_slot(1), masked_slot(2))).offers == (OWN, WHOLE)
    assert work_out(Wish(POOL), pool(make_slot(1), make_slot(2))).offers == (WHOLE,)


def test_all_of_a_pool_can_be_graded_whole() -> None:
    subject = work_out(Wish(POOL, mask=WHOLE), pool(masked_slot(1), masked_slot(2)))
    assert [whole for *_, whole in asked(subject)] == [True, True]


def test_missing_photos_of_a_pool_are_left_out() -> None:
    subject = work_out(Wish(POOL), pool(make_slot(1), make_slot(2, missing=True)))
    assert subject.count == 1
    assert subject.detail == "2 photos · 1 missing or unreadable, left out"


def test_photos_known_to_be_broken_are_left_out_of_several() -> None:
    photos = (b"/photos/1.jpg", b"/photos/2.jpg", b"/photos/3.jpg")
    broken = {b"/photos/2.jpg": "2.jpg is broken."}
    subject = work_out(Wish(), pool(), photos, problems=broken)
    assert [path for path, *_ in asked(subject)] == [b"/photos/1.jpg", b"/photos/3.jpg"]
    assert subject.detail == "1 missing or unreadable, left out"


def test_several_photos_of_which_none_can_be_read_are_not_graded() -> None:
    photos = (b"/photos/1.jpg", b"/photos/2.jpg")
    subject = work_out(Wish(), pool(), photos, problems=dict.fromkeys(photos, "It is broken."))
    assert subject.reason == "It is broken."


def test_nothing_selected_is_no_error() -> None:
    assert work_out(Wish(SELECTION), None).reason == "Choose a photo first"
