from __future__ import annotations

import pytest

from daemon.ipc import outbox
from daemon.ipc.outbox import Outbox, OutboxFullError, replacement_key
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    AiEditPreview,
    AiEditProgress,
    Done,
    Failed,
    FileWorkProgress,
)


def blocked() -> tuple[Outbox, list[bytes]]:
    written: list[bytes] = []
    made = Outbox(written.append)
    made.block()
    return made, written


def test_frames_pass_straight_through_while_the_client_reads() -> None:
    written: list[bytes] = []
    made = Outbox(written.append)
    made.put(b"a")
    assert (written, len(made)) == ([b"a"], 0)


def test_frames_wait_in_order_while_it_does_not() -> None:
    made, written = blocked()
    made.put(b"a")
    made.put(b"b")
    assert (written, made.waiting_bytes) == ([], 2)
    made.unblock()
    assert (written, made.waiting_bytes) == ([b"a", b"b"], 0)


def test_only_the_latest_progress_waits_in_the_place_of_the_first() -> None:
    made, written = blocked()
    made.put(b"10 %", ("progress", "job"))
    made.put(b"result")
    made.put(b"20 %!", ("progress", "job"))
    made.put(b"other", ("progress", "other job"))
    assert made.waiting_bytes == len(b"20 %!" + b"result" + b"other")
    made.unblock()
    assert written == [b"20 %!", b"result", b"other"]


def test_progress_sent_after_the_wait_is_not_taken_for_waiting() -> None:
    made, written = blocked()
    made.put(b"10 %", ("progress", "job"))
    made.unblock()
    made.block()
    made.put(b"20 %", ("progress", "job"))
    made.unblock()
    assert written == [b"10 %", b"20 %"]


def test_a_transport_that_fills_up_again_stops_the_flow() -> None:
    written: list[bytes] = []
    made = Outbox(lambda frame: (written.append(frame), made.block())[0])
    made.block()
    made.put(b"a")
    made.put(b"b")
    made.unblock()
    assert (written, len(made)) == ([b"a"], 1)


def test_too_many_bytes_are_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_BYTES", 10)
    made, _ = blocked()
    made.put(b"12345")
    with pytest.raises(OutboxFullError):
        made.put(b"678901")


def test_too_many_messages_are_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_MESSAGES", 1)
    made, _ = blocked()
    made.put(b"1")
    with pytest.raises(OutboxFullError):
        made.put(b"2")


def test_progress_and_preview_of_a_job_are_replaced_apart_from_each_other() -> None:
    progress = AiEditProgress(job_id="1", path=b"a", progress_pct=1.0, stage="run")
    preview = AiEditPreview(job_id="1", path=b"a", width_px=1, height_px=1)
    assert replacement_key(progress) != replacement_key(preview)


def test_answers_are_never_replaced() -> None:
    failed = Failed(error=ErrorInfo(ErrorKind.INTERNAL, "x"))
    assert (replacement_key(Done()), replacement_key(failed)) == (None, None)


def test_of_the_progress_of_one_piece_of_file_work_only_the_latest_waits() -> None:
    first = FileWorkProgress(work_id=1, done=1, total=9)
    assert replacement_key(first) == replacement_key(FileWorkProgress(work_id=1, done=2, total=9))
    assert replacement_key(first) != replacement_key(FileWorkProgress(work_id=2, done=1, total=9))
