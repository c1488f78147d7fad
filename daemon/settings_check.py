"""A settings file's tree against the keys: typed values out, complaints with line and column."""

from __future__ import annotations

import difflib
import math
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

import msgspec

from daemon.protocol.hosting import BUILTIN, HIDDEN
from daemon.settings_file import Node, Place, Scalar, SettingsFileError, parse, read_capped
from daemon.settings_keys import (
    HeaderText,
    HostName,
    HostProxy,
    HostSettings,
    Label,
    PathPrefix,
    Pattern,
    ProxyUrl,
    Settings,
)

_URL_PASSWORD = re.compile(r"(://[^/@:]*:)[^/]*@")
SECRET_KEYS = {"headers", "token", "password", "proxy"}

_PLAIN_WORDS = (
    (r", got .*", ""),
    (r" - at \$.*", ""),
    (r"int\b(?= [<>])", "number"),
    (r"\bint\b", "whole number"),
    (r"\bfloat\b(?= [<>])", "number"),
    (r"\bfloat\b", "number"),
    (r"\bstr\b", "text"),
    (r"\bbool\b", "true or false"),
    (r"\barray\b", "list"),
    (r"\bobject\b", "keys below it"),
)
_FORMS: tuple[tuple[object, str], ...] = (
    (HostName, "a name or address without http:// and port"),
    (Label, "a plain name without slashes and colons"),
    (Pattern, "a name with {stem}, and {operation} if wanted, that does not leave the folder"),
    (HeaderText, "one line of text"),
    (PathPrefix, "a path such as /comfy, without a slash at its end"),
    (ProxyUrl, "http://name:port of an HTTP proxy"),
    (HostProxy, "http://name:port of an HTTP proxy, or direct"),
)


class Findings(msgspec.Struct):
    """What reading a settings file found; every line names line and column.

    Attributes:
        tells_host: Whether the file says if the hosts are to be used; False when it is no YAML.
    """

    settings: Settings
    errors: list[str] = msgspec.field(default_factory=list[str])
    warnings: list[str] = msgspec.field(default_factory=list[str])
    tells_host: bool = True


def read_settings(path: Path, fallback: Settings) -> Findings:
    """Read the file at *path*.

    Args:
        path: A YAML file.
        fallback: Where a value is wrong, its value stays; what is absent has its default.
    """
    try:
        root = parse(read_capped(path))
    except SettingsFileError as error:
        return Findings(fallback, [f"{path.name}: {error}"], tells_host=False)
    reader = _Reader(path.name)
    settings = reader.settings(root, fallback)
    tells_host = not any(": comfyui.enabled:" in error for error in reader.errors)
    return Findings(settings, reader.errors, reader.warnings, tells_host)


def check_value(value: object, kind: object) -> tuple[object, str]:
    """Return (value as *kind*, complaint); the complaint is empty when the value is good."""
    if isinstance(value, float) and not math.isfinite(value):
        return None, "expected a finite number"
    try:
        return msgspec.convert(value, kind), ""
    except msgspec.ValidationError as error:
        return None, _complaint(str(error), value, kind)


def value_types() -> dict[str, dict[str, object]]:
    """Return every key's annotated type, by section."""
    return {name: _hints(kind) for name, kind in _sections().items()}


def flatten(settings: Settings) -> dict[str, Scalar]:
    """Return *settings* as flat ``section.key`` values; what opens a host stands as (hidden)."""
    leaves = _leaves("", msgspec.to_builtins(settings))
    return {key: shown_value(key, value) for key, value in leaves}


def shown_value(key: str, value: Scalar) -> Scalar:
    """Return what a client may see of the value under *key*: ``(hidden)`` instead of a secret."""
    if not value or not isinstance(value, str):
        return value
    if ".headers." in key or key.endswith((".token", ".password")):
        return HIDDEN
    return _URL_PASSWORD.sub(rf"\1{HIDDEN}@", value) if key.endswith(".proxy") else value


def nearest(word: str, known: list[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest of *known*, or nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""


class _Reader:
    """Walks one file; collects the complaints."""

    def __init__(self, file_name: str) -> None:
        self._file_name = file_name
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def settings(self, root: Node, fallback: Settings) -> Settings:
        sections = cast("dict[str, Node]", root.value)
        self._warn_unknown(root, "", list(_sections()))
        taken: dict[str, msgspec.Struct] = {}
        for name, kind in _sections().items():
            node = sections.get(name)
            last = cast("msgspec.Struct", getattr(fallback, name))
            taken[name] = kind() if node is None else self._section(name, node, last)
        return msgspec.structs.replace(Settings(), **taken)

    def _section(self, name: str, node: Node, last: msgspec.Struct) -> msgspec.Struct:
        kind = type(last)
        if node.value is None:
            return kind()
        values = self._fields(name, node, kind)
        if values is None:
            return last
        kept = {key: getattr(last, key) for key, value in values.items() if value is None}
        return kind(**{**values, **kept})

    def _fields(
        self, prefix: str, node: Node, kind: type[msgspec.Struct]
    ) -> dict[str, object] | None:
        """Return each key's value, None where it is wrong; None for what is no mapping."""
        if not isinstance(node.value, dict):
            self._error(node.place, prefix, "expected keys below it")
            return None
        hints = _hints(kind)
        self._warn_unknown(node, prefix, list(hints))
        values: dict[str, object] = {}
        for key in (key for key in node.value if key in hints):
            item, name = node.value[key], f"{prefix}.{key}"
            if hints[key] == tuple[HostSettings, ...] and isinstance(item.value, list):
                values[key] = self._hosts(name, item.value)
                continue
            values[key], complaint = check_value(item.plain(), hints[key])
            if complaint and key in SECRET_KEYS:
                complaint = complaint.partition(", got ")[0]
            if complaint:
                self._error(item.place, name, complaint)
        return values

    def _hosts(self, prefix: str, items: list[Node]) -> tuple[HostSettings, ...] | None:
        before = len(self.errors)
        hosts: list[HostSettings] = []
        names = {BUILTIN}
        for index, item in enumerate(items):
            values = self._fields(f"{prefix}.{index}", item, HostSettings)
            if values is None or None in values.values():
                continue
            missing = [key for key in ("name", "host") if key not in values]
            if missing:
                self._error(item.place, f"{prefix}.{index}", f"'{missing[0]}' is missing")
                continue
            host = msgspec.convert(values, HostSettings)
            if host.name in names:
                self._error(item.place, f"{prefix}.{index}", f"the name '{host.name}' is taken")
            names.add(host.name)
            hosts.append(host)
        return tuple(hosts) if len(self.errors) == before else None

    def _error(self, place: Place, name: str, complaint: str) -> None:
        self.errors.append(f"{self._file_name}: {place}: {name}: {complaint}")

    def _warn_unknown(self, node: Node, prefix: str, known: list[str]) -> None:
        for key, place in node.keys.items():
            if key not in known:
                name = f"{prefix}.{key}" if prefix else key
                where = f"{self._file_name}: {place}"
                self.warnings.append(f"{where}: unknown key '{name}'.{nearest(key, known)}")


def _complaint(text: str, value: object, kind: object) -> str:
    """Turn msgspec's complaint into a sentence a photographer reads."""
    sentence = text.replace("`", "").replace("Expected", "expected a")
    for technical, plain in _PLAIN_WORDS:
        sentence = re.sub(technical, plain, sentence)
    forms = [form for known, form in _FORMS if known == kind]
    if typing.get_origin(kind) is Literal:
        sentence = "expected " + " or ".join(str(choice) for choice in typing.get_args(kind))
    elif forms and isinstance(value, str):
        sentence = f"expected {forms[0]}"
    sentence = (
        sentence.replace("a true", "true").replace("a keys", "keys").replace("a text", "text")
    )
    if isinstance(value, (list, dict)):
        return sentence
    quotes = "; put it in quotes" if "text" in sentence and value is not None else ""
    got = "nothing" if value is None else repr(value)
    return f"{sentence}, got {got}{quotes}"


def _sections() -> dict[str, type[msgspec.Struct]]:
    return typing.get_type_hints(Settings)


def _hints(kind: type[msgspec.Struct]) -> dict[str, object]:
    return typing.get_type_hints(kind, include_extras=True)


def _leaves(prefix: str, value: object) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield from _leaves(f"{prefix}.{key}" if prefix else key, item)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _leaves(f"{prefix}.{index}", item)
    else:
        yield prefix, cast("Scalar", value)
