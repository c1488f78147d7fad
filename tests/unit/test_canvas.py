"""The canvas of the small copy: sizes a model takes, the photo whole inside, mirrored margins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.imaging.canvas import fill_canvas
from daemon.working_size import KONTEXT_SIZES, CanvasPlan, plan_canvas

sides = st.integers(min_value=1, max_value=30_000)


def test_the_seventeen_sizes_are_those_of_the_node():
    assert KONTEXT_SIZES == (
        (672, 1568),
        (688, 1504),
        (720, 1456),
        (752, 1392),
        (800, 1328),
        (832, 1248),
        (880, 1184),
        (944, 1104),
        (1024, 1024),
        (1104, 944),
        (1184, 880),
        (1248, 832),
        (1328, 800),
        (1392, 752),
        (1456, 720),
        (1504, 688),
        (1568, 672),
    )


@pytest.mark.parametrize(
    ("photo", "plan"),
    [
        # 3:2 fills its size exactly
        ((6000, 4000), CanvasPlan(1248, 832, (0, 0, 1248, 832))),
        ((4000, 6000), CanvasPlan(832, 1248, (0, 0, 832, 1248))),
        # 4:3 in 1184 x 880: 880 * 4 / 3 = 1173.3
        ((4000, 3000), CanvasPlan(1184, 880, (5, 0, 1173, 880))),
        # 16:9 in 1392 x 752: 752 * 16 / 9 = 1336.9
        ((3840, 2160), CanvasPlan(1392, 752, (27, 0, 1337, 752))),
        # 3:1 is wider than any: 1568 / 3 = 522.7
        ((3000, 1000), CanvasPlan(1568, 672, (0, 74, 1568, 523))),
        # small photos are enlarged, the model wants its size
        ((100, 100), CanvasPlan(1024, 1024, (0, 0, 1024, 1024))),
        ((30000, 1), CanvasPlan(1568, 672, (0, 335, 1568, 1))),
    ],
)
def test_a_photo_lies_whole_in_the_size_it_fills_best(photo, plan):
    assert plan_canvas(*photo, kontext_sizes=True) == plan


@pytest.mark.parametrize(
    ("photo", "plan"),
    [
        # sqrt(1048576 / 24e6) = .20902
        ((6000, 4000), CanvasPlan(1264, 848, (5, 6, 1254, 836))),
        ((640, 427), CanvasPlan(640, 432, (0, 2, 640, 427))),
        ((1, 1), CanvasPlan(16, 16, (7, 7, 1, 1))),
    ],
)
def test_without_given_sizes_the_copy_is_near_a_megapixel_and_never_enlarged(photo, plan):
    assert plan_canvas(*photo) == plan


def test_a_long_edge_is_met():
    assert plan_canvas(6000, 4000, long_edge_px=1024) == CanvasPlan(1024, 688, (0, 2, 1024, 683))


def test_a_long_edge_never_enlarges():
    assert plan_canvas(800, 600, long_edge_px=4096).box[2:] == (800, 600)


@pytest.mark.parametrize("sizes", [(0, 5, 0), (5, 0, 0), (5, 5, -1)])
def test_impossible_sizes_are_refused(sizes):
    width, height, edge = sizes
    with pytest.raises(ValueError, match="no canvas"):
        plan_canvas(width, height, long_edge_px=edge)


@given(width=sides, height=sides, kontext=st.booleans(), edge=st.integers(0, 4096))
def test_the_photo_always_lies_inside_its_canvas(width, height, kontext, edge):
    plan = plan_canvas(width, height, long_edge_px=edge, kontext_sizes=kontext)
    left, top, box_width, box_height = plan.box
    assert min(left, top) >= 0
    assert min(box_width, box_height) >= 1
    assert left + box_width <= plan.width_px
    assert top + box_height <= plan.height_px


@given(width=sides, height=sides)
def test_the_node_would_choose_the_same_size_again_and_crop_nothing(width, height):
    plan = plan_canvas(width, height, kontext_sizes=True)
    aspect = plan.width_px / plan.height_px
    chosen = min((abs(aspect - w / h), w, h) for w, h in KONTEXT_SIZES)
    assert chosen[1:] == (plan.width_px, plan.height_px)


@given(width=st.integers(100, 9000), height=st.integers(100, 9000), kontext=st.booleans())
def test_the_aspect_ratio_is_kept_to_a_pixel(width, height, kontext):
    _, _, box_width, box_height = plan_canvas(width, height, kontext_sizes=kontext).box
    assert abs(box_width * height - box_height * width) <= max(width, height)


def test_margins_mirror_the_edges_of_the_photo():
    photo = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    canvas = fill_canvas(photo, CanvasPlan(7, 4, (2, 1, 3, 2)))
    assert canvas.tolist() == [
        [2, 1, 1, 2, 3, 3, 2],
        [2, 1, 1, 2, 3, 3, 2],
        [5, 4, 4, 5, 6, 6, 5],
        [5, 4, 4, 5, 6, 6, 5],
    ]


def test_a_strip_is_mirrored_as_often_as_it_takes():
    photo = np.arange(2 * 8 * 3, dtype=np.uint16).reshape(2, 8, 3)
    canvas = fill_canvas(photo, CanvasPlan(8, 16, (0, 7, 8, 2)))
    assert canvas.shape == (16, 8, 3)
    assert canvas.dtype == np.uint16
    np.testing.assert_array_equal(canvas[7:9], photo)


def test_a_photo_of_another_size_than_its_box_is_refused():
    with pytest.raises(ValueError, match="box"):
        fill_canvas(np.zeros((3, 3, 3), np.uint8), CanvasPlan(16, 16, (0, 0, 4, 4)))
