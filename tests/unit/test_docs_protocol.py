from __future__ import annotations

import re
import typing
from pathlib import Path

import msgspec

from daemon.protocol import hosting, messages, values, workflows
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.message import Message

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def documented(title: str) -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section(title), re.MULTILINE)
    return {name: re.findall(r"`(\w+\??)`", cell) for name, cell in rows}


def fields(kind: type[msgspec.Struct]) -> list[str]:
    return [
        field.name + ("" if field.required else "?")
        for field in msgspec.structs.fields(kind)
        if field.name != "request_id"
    ]


def built(union: object) -> dict[str, list[str]]:
    return {str(kind.__struct_config__.tag): fields(kind) for kind in typing.get_args(union)}


def test_the_page_names_the_version() -> None:
    assert f"Version {messages.PROTOCOL_VERSION}." in PAGE


def test_every_request_stands_there_with_its_fields() -> None:
    assert documented("Requests") == built(messages.Request)


def test_every_answer_and_event_stands_there_with_its_fields() -> None:
    assert documented("Answers and events") == built(messages.Reply)


def test_every_shared_value_stands_there_with_its_fields() -> None:
    structs = [
        value
        for module in (values, hosting, workflows)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and not issubclass(value, Message)
    ]
    expected = {kind.__name__: fields(kind) for kind in [*structs, ErrorInfo]}
    assert documented("Values inside messages") == {
        name: names for name, names in expected.items() if name != "Struct"
    }


def test_every_error_kind_stands_there() -> None:
    assert set(documented("Error kinds")) == set(ErrorKind)


def test_no_message_is_left_out_of_the_unions() -> None:
    every = {
        value.__struct_config__.tag
        for value in vars(messages).values()
        if isinstance(value, type)
        and issubclass(value, messages.Message)
        and value is not messages.Message
    }
    assert every == set(built(messages.Request)) | set(built(messages.Reply))
