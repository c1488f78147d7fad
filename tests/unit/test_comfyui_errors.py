"""Failures of hosts in words: what ran out, what is damaged, what is in the way."""

from __future__ import annotations

import errno
import ssl
from typing import Any

import httpx
import pytest

from daemon.comfyui.address import HostAddress
from daemon.comfyui.connection_errors import connection_failed
from daemon.comfyui.errors import status_failed
from daemon.comfyui.node_errors import execution_failed, validation_failed
from daemon.comfyui.replies import read_history, read_queue, read_stats
from daemon.protocol.errors import ErrorInfo, ErrorKind

ADDRESS = HostAddress(host="gpu", port=8188, connect_timeout_s=7)
GRAPH: dict[str, Any] = {
    "38": {
        "class_type": "DualCLIPLoader",
        "inputs": {"clip_name1": "clip_l.safetensors", "clip_name2": "t5.safetensors"},
    }
}


def failed(message: str, kind: str = "RuntimeError", **data: str) -> ErrorInfo:
    event = {"exception_message": message, "exception_type": kind, "node_type": "KSampler", **data}
    return execution_failed(event, GRAPH, "studio").info


def test_a_full_disk_of_a_host_is_told_from_a_defect() -> None:
    uploading = status_failed(507, "The disk is full.", ADDRESS, "uploading a picture").info
    saving = failed("[Errno 28] No space left on device: '/x/y.png'", "OSError")
    assert [info.kind for info in (uploading, saving)] == [ErrorKind.DISK_FULL] * 2
    assert saving.message == "studio found its disk full."


def test_the_built_in_host_is_not_called_comfyui() -> None:
    own = HostAddress(host="127.0.0.1", port=1, builtin=True)
    info = status_failed(500, "", own, "uploading a picture").info
    assert info.message == "The built-in host had an error of its own during uploading a picture."


def test_words_that_the_built_in_look_does_not_know_are_no_failure_of_a_host() -> None:
    said = "The built-in look understood nothing of x. It understands: warm, cool."
    info = failed(said, "ValueError", node_type="RabbitPromptGrade")
    assert (info.kind, info.message) == (ErrorKind.INVALID_REQUEST, said)
    assert "comfyui.enabled" in info.hint


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Allocation on device 0 would exceed allowed memory.\n", "torch.OutOfMemoryError"),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", "RuntimeError"),
        ("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: not enough memory", "X"),
    ],
)
def test_a_host_without_memory_is_told_to_free_some(message: str, kind: str) -> None:
    info = failed(message, kind)
    assert info.kind is ErrorKind.OUT_OF_MEMORY
    assert info.message == "studio ran out of memory in KSampler."
    assert "Free memory there" in info.hint


def test_a_loader_of_two_files_names_both_when_one_is_damaged() -> None:
    info = failed(
        "Error while deserializing header: header too small\n",
        "SafetensorError",
        node_id="38",
        node_type="DualCLIPLoader",
    )
    assert info.message == (
        "The model file clip_l.safetensors or t5.safetensors on studio is damaged."
    )
    assert info.hint == "Download it again into models/text_encoders there."


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("File name too long: '/srv/comfyui/data/output/x.png'\nmore", "too long: 'x.png'."),
        (r"cannot open C:\Users\ada\ComfyUI\input\a.png", "cannot open a.png."),
        ("", "in KSampler: RuntimeError."),
        ("Error(s) in loading state_dict:\n\tsize mismatch", "loading state_dict."),
    ],
)
def test_other_failures_are_told_by_their_first_line_without_paths(
    message: str, shown: str
) -> None:
    assert failed(message).message.endswith(shown)


def test_the_traceback_stays_in_the_details() -> None:
    event = {"exception_message": "no", "traceback": ["File a\n", "File b\n"]}
    info = execution_failed(event, {}, "studio").info
    assert info.message == "studio failed in a node: no."
    assert info.context["traceback"] == "File a\nFile b\n"


@pytest.mark.parametrize("reply", [None, [], {"error": "text"}, {"node_errors": {"1": None}}])
def test_a_refusal_without_a_reason_is_still_a_sentence(reply: Any) -> None:
    info = validation_failed(reply, {}, "studio").info
    assert info.message.startswith("studio did not accept the workflow: without a reason")


def test_a_node_that_the_built_in_host_lacks_is_said_to_need_a_comfyui_host():
    extra = {"node_id": "5", "class_type": "ImageUpscaleWithModel"}
    reply = {"error": {"type": "missing_node_type", "extra_info": extra}, "node_errors": {}}
    info = validation_failed(reply, {}, "The built-in host").info

    assert info.message == (
        "The built-in host has no AI models: 'ImageUpscaleWithModel' needs a ComfyUI host."
    )
    assert "comfyui.enabled" in info.hint


def test_a_model_of_an_unknown_loader_is_named_without_a_folder() -> None:
    graph = {"1": {"class_type": "OddLoader", "inputs": {"file": "odd.gguf"}}}
    complaint = {
        "type": "value_not_in_list",
        "details": "file: 'odd.gguf' not in []",
        "extra_info": {"input_name": "file"},
    }
    reply = {"node_errors": {"1": {"class_type": "OddLoader", "errors": [complaint]}}}
    info = validation_failed(reply, graph, "studio").info
    assert info.message == "The model file odd.gguf is missing on studio."


def caused_by(error: httpx.HTTPError, cause: Exception | None = None) -> ErrorInfo:
    error.__cause__ = cause
    return connection_failed(error, ADDRESS).info


def test_a_machine_that_is_off_is_told_by_the_time_it_did_not_answer() -> None:
    info = caused_by(httpx.ConnectTimeout("slow"))
    assert info.kind is ErrorKind.HOST_UNREACHABLE
    assert info.message == "gpu:8188 did not answer within 7 s."


def test_a_network_without_a_way_is_said_so() -> None:
    info = caused_by(httpx.ConnectError("x"), OSError(errno.EHOSTUNREACH, "No route to host"))
    assert info.message == "There is no way to gpu:8188 in the network."


def test_a_cause_inside_a_group_is_found() -> None:
    group = ExceptionGroup("all failed", [ConnectionRefusedError(111, "refused")])
    assert "refused the connection" in caused_by(httpx.ConnectError("x"), group).message


def test_a_connection_that_breaks_is_lost() -> None:
    assert (
        caused_by(httpx.ReadError("")).message == "The connection to ComfyUI at gpu:8188 was lost."
    )


def test_the_built_in_host_is_never_told_to_listen() -> None:
    address = HostAddress(host="127.0.0.1", port=5, builtin=True)
    error = httpx.ConnectError("x")
    error.__cause__ = ConnectionRefusedError(111, "refused")
    assert "--listen" not in connection_failed(error, address).info.hint


def test_a_picture_that_is_too_large_for_the_host_is_said_so() -> None:
    info = status_failed(413, "Maximum request body size", ADDRESS, "uploading a picture").info
    assert "--max-upload-size" in info.hint


@pytest.mark.parametrize("reply", [None, [], {}, {"a": None}, {"a": {"status": 3}}, "text"])
def test_odd_answers_never_make_a_finished_run_of_nothing(reply: Any) -> None:
    state = read_history(reply, "a", "studio")
    assert state is None or state.images == {}


def test_damaged_entries_of_an_answer_are_passed_over() -> None:
    outputs = {
        "9": {
            "images": [{"filename": 3}, None, {"filename": "a", "subfolder": "", "type": "output"}]
        }
    }
    state = read_history({"a": {"outputs": outputs}}, "a", "studio")
    assert state is not None
    assert [image.filename for image in state.images["9"]] == ["a"]


def test_a_place_in_the_queue_counts_by_the_hosts_numbers() -> None:
    reply = {
        "queue_running": [[3, "r"]],
        "queue_pending": [[9, "c"], [-2, "front"], ["odd"], [5, "b"]],
    }
    states = [read_queue(reply, prompt) for prompt in ("r", "front", "b", "c", "x")]
    assert [(s.name, s.position) if s else None for s in states] == [
        ("running", 0),
        ("pending", 1),
        ("pending", 2),
        ("pending", 3),
        None,
    ]


def test_a_server_that_tells_nothing_of_comfyui_is_none() -> None:
    assert read_stats({"system": {"os": "posix"}}) is None


def certificate(code: int) -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "words", "advice"),
    [
        # OpenSSL's X509_V_ERR_... and the names of its alerts
        (certificate(10), "has expired", "Renew it"),
        (certificate(9), "is not valid yet", "clocks"),
        (certificate(62), "is for another name than gpu", "the name that it was made for"),
        (certificate(64), "is for another name than gpu", "the name that it was made for"),
        (certificate(18), "by no known authority", "ca_file"),
        (certificate(20), "is not trusted", "ca_file"),
        (alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "a certificate of yours", "client_cert"),
        (alert("SSLV3_ALERT_HANDSHAKE_FAILURE"), "a certificate of yours", "client_cert"),
        (alert("TLSV1_ALERT_PROTOCOL_VERSION"), "an outdated kind of TLS", "TLS 1.2"),
        (alert("UNSUPPORTED_PROTOCOL"), "an outdated kind of TLS", "TLS 1.2"),
        (alert("WRONG_VERSION_NUMBER"), "does not answer with TLS", "https: false"),
    ],
)
def test_each_fault_of_a_certificate_has_its_sentence(
    error: ssl.SSLError, words: str, advice: str
) -> None:
    info = connection_failed(error, ADDRESS).info
    assert info.kind is ErrorKind.HOST_REFUSED
    assert words in info.message
    assert advice in info.hint


def test_a_certificate_that_ones_own_authority_did_not_sign_names_its_file() -> None:
    own = HostAddress(host="gpu", https=True, ca_file="/home/ada/ca.pem")
    info = connection_failed(certificate(20), own).info
    assert "also not by /home/ada/ca.pem" in info.message


def test_a_certificate_of_ours_that_is_refused_is_named() -> None:
    own = HostAddress(host="gpu", https=True, client_cert="/home/ada/me.pem")
    info = connection_failed(alert("TLSV1_ALERT_UNKNOWN_CA"), own).info
    assert "did not accept the certificate /home/ada/me.pem" in info.message
