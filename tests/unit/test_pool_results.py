"""Results go stale with the content of their slot, and with nothing else."""

from daemon.edits.results import PoolResults
from tests.unit.test_job_store import record


def results(*made: tuple[str, str, float]) -> PoolResults:
    found = PoolResults()
    found.note(
        record(f"job-{created}", created, pool_id="p", slot=slot, content_hash=content)
        for slot, content, created in made
    )
    return found


def test_a_slot_whose_content_changed_since_is_stale() -> None:
    assert results(("img_0001", "old", 1.0)).stale("p", {"img_0001": "new"}) == {"img_0001"}


def test_a_slot_as_it_was_is_not() -> None:
    assert results(("img_0001", "same", 1.0)).stale("p", {"img_0001": "same"}) == set()


def test_a_slot_without_results_is_not() -> None:
    assert results().stale("p", {"img_0001": "new"}) == set()


def test_the_newest_result_counts_however_late_an_older_one_comes_to_its_end() -> None:
    found = results(("img_0001", "new", 2.0), ("img_0001", "old", 1.0))
    assert found.stale("p", {"img_0001": "new"}) == set()


def test_a_copy_of_a_pool_has_no_results() -> None:
    assert results(("img_0001", "old", 1.0)).stale("copy", {"img_0001": "new"}) == set()


def test_a_job_whose_photo_came_from_no_pool_is_passed_over() -> None:
    found = PoolResults()
    found.note([record("a")])
    assert found.stale("", {"": "x"}) == set()
