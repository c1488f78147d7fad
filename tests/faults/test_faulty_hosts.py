"""Every fault switch of a host, through the real daemon: done, or which sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from daemon.protocol.errors import ErrorKind
from daemon.protocol.values import JobInfo
from tests.fakes.faults import OTHER_JOB, SWITCHES
from tests.fakes.studio import Client, Pings, Studio, pixels, running_studio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

INVALID = ErrorKind.RESULT_INVALID


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with running_studio() as running:
        yield running


@pytest.fixture
def client(studio: Studio) -> Iterator[Client]:
    connection = studio.connect()
    yield Client(connection)
    studio.host.switch()
    connection.close()


def outcome(studio: Studio, client: Client, switch: str) -> JobInfo:
    """Run a job while the switch is on."""
    studio.host.switch(SWITCHES[switch]())
    return client.until(client.begin(studio.photo(switch.replace("/", "-"))), within_s=15)


def next_one(studio: Studio, client: Client) -> JobInfo:
    """Run a job at the host as it should be."""
    studio.host.switch()
    return client.until(client.begin(studio.photo("next")), within_s=20)


@pytest.mark.parametrize(
    "switch",
    [
        "nothing",
        "socket dropped mid-run",
        "last messages dropped",
        "socket mute",
        "socket refused",
        "messages twice",
        "messages reordered",
        "junk on the socket",
        "502 for a moment",
        "junk for a queue",
        "lost on the way once",
        "tinted",
        "half as large",
        "16 bit",
        "gray",
        "JPEG",
        "bomb in a text",
    ],
)
def test_what_can_be_lived_with_ends_in_one_result(
    studio: Studio, client: Client, switch: str
) -> None:
    job = outcome(studio, client, switch)
    assert (job.state, job.error) == ("done", None)
    assert len(set(job.prompt_ids)) == 1
    assert pixels(job.result_path or b"").shape == (160, 240, 3)
    stem = switch.replace("/", "-")
    assert len([file for file in studio.folder.iterdir() if file.name.startswith(stem)]) == 2


EVERYTHING = ("401", "403", "HTML page", "redirect")
"""Switches that spoil every answer: it may be the look at the host that fails, or the upload."""

REFUSED = [
    ("401", ErrorKind.HOST_REFUSED, "login"),
    ("401 for prompts", ErrorKind.HOST_REFUSED, "login"),
    ("403", ErrorKind.HOST_REFUSED, "does not allow"),
    ("403 for prompts", ErrorKind.HOST_REFUSED, "does not allow running this workflow"),
    ("413", ErrorKind.HOST_REFUSED, "found the picture too large"),
    ("500", ErrorKind.HOST_FAILED, "had an error of its own (500)"),
    ("HTML page", ErrorKind.HOST_REFUSED, "is not ComfyUI"),
    ("redirect", ErrorKind.HOST_REFUSED, ""),
    (
        "never answers a prompt",
        ErrorKind.TIMED_OUT,
        "not done with running this workflow within 4 s",
    ),
    ("node errors in a good answer", ErrorKind.WORKFLOW_INVALID, "did not accept node 2"),
    ("out of memory", ErrorKind.OUT_OF_MEMORY, "ran out of memory in KSampler"),
    ("history of wrong types", INVALID, "finished without a result"),
    ("history of 60 MB", ErrorKind.HOST_FAILED, "sent an answer of more than 16 MB"),
    ("history of brackets", ErrorKind.HOST_REFUSED, "is not ComfyUI"),
    ("100,000 results", INVALID, "the picture of another job, 'x.png'"),
    ("no result", INVALID, "node 3 left no picture"),
    ("temp result", INVALID, "node 3 left only temp pictures"),
    ("another job's file", INVALID, f"the picture of another job, '{OTHER_JOB}_00001_.png'"),
    ("result outside", INVALID, "can be no file of its own: '../../etc'"),
    ("absolute result", INVALID, "can be no file of its own: 'rabbitviewer', '/etc/passwd'"),
    ("result of 5000 letters", INVALID, "aaa...'"),
    ("result with line ends", INVALID, "'a??X: y?.png'"),
    ("result deleted", INVALID, "no longer has the picture"),
    ("HTML for a picture", INVALID, "sent an HTML page"),
    ("GIF", INVALID, "sent a GIF picture"),
    ("SVG", INVALID, "sent an SVG drawing"),
    ("JSON for a picture", INVALID, "sent JSON"),
    ("OpenEXR", INVALID, "sent an OpenEXR picture"),
    ("CMYK", INVALID, "sent a JPEG in CMYK"),
    ("animation", INVALID, "sent an animation"),
    ("malformed", INVALID, "damaged or cut off"),
    ("truncated", INVALID, "damaged or cut off"),
    ("slow drip", ErrorKind.TIMED_OUT, "4 s"),
    ("wrong size", INVALID, "400 × 40 pixels for one of 240 × 160"),
    ("black", INVALID, "completely black"),
    ("gray all over", INVALID, "a single flat colour"),
    ("transparent", INVALID, "completely transparent"),
    ("60000 x 60000", INVALID, "60000 × 60000 pixels"),
    ("another job's picture", INVALID, "sent the picture of another job"),
]


@pytest.mark.parametrize(("switch", "kind", "words"), REFUSED)
def test_what_cannot_fails_in_a_sentence_and_the_next_job_works(
    studio: Studio, client: Client, switch: str, kind: ErrorKind, words: str
) -> None:
    job = outcome(studio, client, switch)
    assert job.error is not None
    kinds = {kind, ErrorKind.WORKFLOW_UNAVAILABLE} if switch in EVERYTHING else {kind}
    assert job.state == "failed"
    assert job.error.kind in kinds
    assert words in job.error.message
    assert job.error.hint
    assert job.result_path is None
    assert next_one(studio, client).state == "done"


def test_a_queue_lost_once_is_sent_again_under_another_id(studio: Studio, client: Client) -> None:
    job = outcome(studio, client, "queue lost once")
    assert (job.state, job.error) == ("done", None)
    assert len(set(job.prompt_ids)) == 2
    assert set(job.prompt_ids) <= set(studio.host.posted)


def test_a_queue_lost_twice_is_said_so(studio: Studio, client: Client) -> None:
    job = outcome(studio, client, "queue lost twice")
    assert job.error is not None
    assert (job.state, job.error.kind) == ("failed", ErrorKind.JOB_LOST)
    assert "lost this job" in job.error.message
    assert len(set(job.prompt_ids)) == 2
    assert next_one(studio, client).state == "done"


@pytest.mark.parametrize(("switch", "words"), [("502", "(502)"), ("never answers", "within 4 s")])
def test_a_job_waits_for_a_host_that_is_away(
    studio: Studio, client: Client, switch: str, words: str
) -> None:
    studio.host.switch(SWITCHES[switch]())
    job_id = client.begin(studio.photo("away"))
    waiting = client.until_message(job_id, words)
    assert waiting.state in ("waiting", "running")
    studio.host.switch()
    assert client.until(job_id).state == "done"


def test_a_shift_is_found_and_the_grade_is_the_same(studio: Studio, client: Client) -> None:
    plain = outcome(studio, client, "nothing")
    moved = outcome(studio, client, "shifted")
    assert moved.fit is not None
    assert moved.fit.registration.dx_px == pytest.approx(3, abs=0.2)
    assert moved.fit.registration.dy_px == pytest.approx(1, abs=0.2)
    apart = np.abs(pixels(moved.result_path).astype(int) - pixels(plain.result_path))
    assert apart.mean() < 1.5


def test_a_zoom_is_found(studio: Studio, client: Client) -> None:
    job = outcome(studio, client, "zoomed")
    assert job.fit is not None
    assert job.fit.registration.scale == pytest.approx(1 / 0.98, abs=2e-3)


@pytest.mark.parametrize(
    "switch",
    [
        "60000 x 60000",
        "bomb in a text",
        "history of 60 MB",
        "100,000 results",
        "junk on the socket",
    ],
)
def test_the_daemon_answers_while_it_chews(studio: Studio, client: Client, switch: str) -> None:
    with Pings(studio) as pings:
        outcome(studio, client, switch)
    assert pings.problem is None
    assert pings.answered > 5


def test_a_host_whose_nodes_are_junk_is_not_given_a_job() -> None:
    with running_studio() as fresh:
        connection = fresh.connect()
        asking = Client(connection)
        job = outcome(fresh, asking, "junk for nodes")
        assert job.error is not None
        assert (job.state, job.error.kind) == ("failed", ErrorKind.WORKFLOW_UNAVAILABLE)
        assert "RabbitPromptGrade" in job.error.message
        assert fresh.host.posted == []
        connection.close()


def test_every_switch_has_an_outcome() -> None:
    tested = {switch for switch, _, _ in REFUSED}
    lived_with = test_what_can_be_lived_with_ends_in_one_result.pytestmark[0].args[1]
    alone = {"queue lost once", "queue lost twice", "502", "never answers"}
    alone |= {"shifted", "zoomed", "junk for nodes"}
    assert tested | set(lived_with) | alone == set(SWITCHES)
