from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import TraceEvent
from rabbitviewer.trace import Trace, now_us, process_start_us


def events(path: Path) -> list[dict[str, object]]:
    return json.loads(path.read_bytes())


def test_the_file_is_a_whole_array_after_every_event(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    trace = Trace(path)
    names = [[event["name"] for event in events(path)]]
    trace.event("window_shown")
    names.append([event["name"] for event in events(path)])
    trace.close()
    assert names == [["process_start"], ["process_start", "window_shown"]]


def test_an_event_has_the_fields_that_perfetto_reads(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    trace = Trace(path)
    trace.event("folder_listed", {"folder": "/caf\udce9", "count": 3}, ts_us=1234.56)
    trace.close()
    event = events(path)[1]
    assert event["ts"] == 1234.6
    assert event["pid"] == os.getpid()
    assert event["args"] == {"folder": "/caf\udce9", "count": 3}
    assert {"name", "cat", "ph", "ts", "pid", "tid", "args"} <= set(event)


def test_a_span_ends_now(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    trace = Trace(path)
    trace.span("ui_stall", now_us() - 5000.0)
    trace.close()
    event = events(path)[1]
    assert event["ph"] == "X"
    assert isinstance(event["dur"], float)
    assert 5000.0 <= event["dur"] < 1e6


def test_the_daemons_first_event_tells_its_process(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    trace = Trace(path)
    trace.daemon_event(TraceEvent(name="process_start", ts_us=5.0, args={"pid": 77}))
    trace.close()
    assert (events(path)[1]["pid"], events(path)[1]["tid"]) == (77, 77)


def test_the_daemons_events_stand_under_the_daemons_process(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    trace = Trace(path)
    trace.daemon_pid = 77
    trace.daemon_event(TraceEvent(name="job_stage", ts_us=5.0, args={"stage": "fit"}))
    trace.close()
    event = events(path)[1]
    assert (event["pid"], event["ts"], event["args"]) == (77, 5.0, {"stage": "fit"})


def test_the_process_began_before_now_and_after_the_machine(tmp_path: Path) -> None:
    started = process_start_us()
    assert started < time.monotonic() * 1e6
    assert time.monotonic() * 1e6 - started < 24 * 3600 * 1e6


def test_a_trace_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RabbitError, match="cannot be written: Is a directory"):
        Trace(tmp_path)
