"""The machines of ``config.yaml``: told without their secrets, checked, written and taken out."""

from __future__ import annotations

import typing
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import BUILTIN, HIDDEN, HostEntry
from daemon.settings_check import check_value
from daemon.settings_edit import ListText, Plain
from daemon.settings_file import SettingsFileError, parse
from daemon.settings_keys import ComfyuiSettings, HostSettings, Settings

SINGLE = "comfyui"
"""Name of the machine that ``comfyui.host`` and ``comfyui.port`` mean."""

_SECRET_KEYS = ("token", "password")
_REFERENCES = ("env:", "keyring:")


def entries_of(config: ComfyuiSettings) -> tuple[HostEntry, ...]:
    """Return the machines as clients may see them: ``(hidden)`` instead of secrets."""
    return tuple(_shown(host) for host in machines(config))


def settings_of(settings: Settings, entry: HostEntry, replaces: str) -> HostSettings:
    """Return *entry* as a machine of the settings.

    Args:
        settings: Those in force.
        entry: From a client; ``(hidden)`` stands for what the machine *replaces* has there.
        replaces: Name of that machine; empty: there is none.

    Raises:
        RabbitError: ``settings_invalid`` naming the field, or ``not_found``.
    """
    known = {host.name: host for host in machines(settings.comfyui)}
    if replaces and replaces not in known:
        raise _unknown(replaces)
    values = cast("dict[str, Any]", msgspec.to_builtins(_revealed(entry, known.get(replaces))))
    kinds = typing.get_type_hints(HostSettings, include_extras=True)
    for name, kind in kinds.items():
        if name not in values:
            continue
        complaint = check_value(values[name], kind)[1]
        if complaint:
            # What follows may be a secret.
            said = complaint.partition(", got ")[0]
            raise _invalid(f"The machine '{entry.name}' was not taken: {name}: {said}.")
    return msgspec.convert(values, HostSettings)


def with_host(text: str, settings: Settings, host: HostSettings, replaces: str) -> str:
    """Return *text*, a settings file, with *host* in it.

    Args:
        text: The file.
        settings: What it says, in force.
        host: The machine.
        replaces: Name of the one that it stands in for; empty: it is new.

    Raises:
        RabbitError: ``settings_invalid``; the name is taken, or the file is laid out in a way that
            cannot be changed without touching more.
    """
    config = settings.comfyui
    taken = {BUILTIN, *(known.name for known in machines(config))} - {replaces}
    if host.name in taken and not (_is_placeholder(config) and host.name == SINGLE):
        raise _invalid(f"The name '{host.name}' is taken.", "Give the machine another name.")
    edit = ListText(text, "comfyui", "hosts")
    if config.hosts:
        hosts = list(config.hosts)
        if replaces:
            index = [known.name for known in hosts].index(replaces)
            changes = _changes(hosts[index], host)
            hosts[index] = host
            return _checked(text, edit.replace(index, changes) if changes else text, hosts)
        return _checked(text, edit.add(_item(host)), [*hosts, host])
    if replaces and host == HostSettings(name=SINGLE, host=host.host, port=host.port):
        changed = edit.set_values({"host": host.host, "port": host.port})
        return _checked(text, changed, [], beside=("host", "port"))
    before = [] if replaces or _is_placeholder(config) else list(machines(config))
    changed = text
    for one in [*before, host]:
        changed = ListText(changed, "comfyui", "hosts").add(_item(one))
    return _checked(text, changed, [*before, host])


def without_host(text: str, settings: Settings, name: str) -> str:
    """Return *text*, a settings file, without the machine *name*.

    Raises:
        RabbitError: ``not_found``, ``settings_invalid`` as :func:`with_host`.
    """
    hosts = list(settings.comfyui.hosts)
    if not hosts and name == SINGLE:
        raise _invalid(
            "This machine is the only one: comfyui.host in config.yaml.",
            "Change its address, or set comfyui.enabled: false to use none.",
        )
    index = next((index for index, host in enumerate(hosts) if host.name == name), -1)
    if index < 0:
        raise _unknown(name)
    changed = ListText(text, "comfyui", "hosts").remove(index)
    return _checked(text, changed, [*hosts[:index], *hosts[index + 1 :]])


def machines(config: ComfyuiSettings) -> tuple[HostSettings, ...]:
    """Return the machines in their order, the disabled ones too; without a list the single one."""
    return config.hosts or (HostSettings(name=SINGLE, host=config.host, port=config.port),)


def _is_placeholder(config: ComfyuiSettings) -> bool:
    """Whether nobody ever said where the one machine is: the file is as it was made."""
    default = ComfyuiSettings()
    unsaid = (config.host, config.port) == (default.host, default.port)
    return unsaid and not config.enabled and not config.hosts


def _checked(
    before: str, after: str, hosts: list[HostSettings], beside: tuple[str, ...] = ()
) -> str:
    """Return *after* when it says what it should, and all else as it was."""
    try:
        (old, _), (new, said) = _split(before, beside), _split(after, beside)
        same = old == new and msgspec.convert(said, list[HostSettings]) == hosts
    except (SettingsFileError, msgspec.ValidationError):
        same = False
    if not same:
        raise _invalid(
            "config.yaml was not changed: its list of hosts is written in a way that would not "
            "stay as it is.",
            "Change comfyui.hosts by hand; config.yaml has an example.",
        )
    return after


def _split(text: str, beside: tuple[str, ...]) -> tuple[dict[str, Any], object]:
    """Return all that a file says but its hosts and *beside*, and its hosts."""
    tree = cast("dict[str, Any]", parse(text.encode()).plain())
    section = cast("dict[str, Any]", tree.get("comfyui") or {})
    hosts = section.get("hosts") or []
    left = {name: value for name, value in section.items() if name not in {"hosts", *beside}}
    return {**tree, "comfyui": left}, hosts


def _item(host: HostSettings) -> dict[str, Plain]:
    """Return what is to be written of a new machine: its place, and what is not as usual."""
    usual = HostSettings(name=host.name, host=host.host)
    values = msgspec.structs.asdict(host)
    always = ("name", "host", "port")
    return {k: v for k, v in values.items() if k in always or v != getattr(usual, k)}


def _changes(before: HostSettings, after: HostSettings) -> dict[str, Plain]:
    old = msgspec.structs.asdict(before)
    return {k: v for k, v in msgspec.structs.asdict(after).items() if v != old[k]}


def _shown(host: HostSettings) -> HostEntry:
    values = msgspec.structs.asdict(host)
    for key in _SECRET_KEYS:
        values[key] = _hidden(values[key])
    values["headers"] = {name: _hidden(value) for name, value in host.headers.items()}
    values["proxy"] = _with_password(host.proxy, _hidden(_password(host.proxy)))
    return HostEntry(**values)


def _revealed(entry: HostEntry, known: HostSettings | None) -> HostEntry:
    """Put back what stands as ``(hidden)``.

    Raises:
        RabbitError: ``settings_invalid``; there is nothing that it could stand for.
    """

    def reveal(value: str, old: str, what: str) -> str:
        if value != HIDDEN:
            return value
        if not old:
            raise _invalid(
                f"The machine '{entry.name}' was not taken: {what} is not said.", "Type it in."
            )
        return old

    old = known or HostSettings(name=entry.name, host=entry.host)
    changes: dict[str, Any] = {
        key: reveal(getattr(entry, key), getattr(old, key), key) for key in _SECRET_KEYS
    }
    changes["headers"] = {
        name: reveal(value, old.headers.get(name, ""), f"header {name}")
        for name, value in entry.headers.items()
    }
    if _password(entry.proxy) == HIDDEN:
        password = reveal(HIDDEN, _password(old.proxy), "the proxy's password")
        changes["proxy"] = _with_password(entry.proxy, password)
    return msgspec.structs.replace(entry, **changes)


def _hidden(value: str) -> str:
    return HIDDEN if value and not value.startswith(_REFERENCES) else value


def _password(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    user = parts.netloc.partition(":")[0]
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='():')}@{place}"))


def _unknown(name: str) -> RabbitError:
    return RabbitError(
        ErrorKind.NOT_FOUND,
        f"There is no machine called '{name}' in config.yaml.",
        "`rabbitviewer hosts` lists them; the file may have been changed meanwhile.",
    )


def _invalid(message: str, hint: str = "") -> RabbitError:
    return RabbitError(ErrorKind.SETTINGS_INVALID, message, hint)
