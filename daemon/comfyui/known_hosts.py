"""Which hosts there are: those of the settings, and those that somebody named by URL."""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.comfyui.address import HostAddress, check_headers, parse_url, proxy_for
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import BUILTIN
from daemon.settings import ComfyuiSettings, HostSettings, SettingsStore
from daemon.settings_hosts import SINGLE, machines


class KnownHosts:
    """Every host but the built-in one by name, with its address as the settings have it now."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings
        self._unnamed: dict[str, HostAddress] = {}

    def listed(self) -> tuple[HostSettings, ...]:
        """Return the hosts of the settings in their order, the disabled ones too."""
        return machines(self._settings.current.comfyui)

    def names(self) -> list[str]:
        """Return the hosts of the settings that jobs may go to, in their order."""
        return [entry.name for entry in self.listed() if entry.enabled]

    def unnamed(self) -> list[str]:
        """Return the hosts that were named by URL alone."""
        return list(self._unnamed)

    def is_enabled(self, name: str) -> bool:
        """Whether jobs may go to *name*; a host that the settings do not list is."""
        return all(entry.enabled for entry in self.listed() if entry.name == name)

    def label(self, name: str) -> str:
        """Return the user's own name for it; empty where it is known by its address alone."""
        return "" if name in self._unnamed or name == SINGLE else name

    def find(self, host: str) -> tuple[str, HostAddress]:
        """Return name and address of *host*: a name, or a URL.

        Raises:
            RabbitError: there is none, or its settings cannot be used.
        """
        listed = {entry.name: entry for entry in self.listed()}
        if host in listed:
            return host, self._address(listed[host])
        if host in self._unnamed:
            return host, self._unnamed[host]
        if host != "localhost" and not any(sign in host for sign in ":/."):
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"There is no host called '{host}'.",
                f"Known are {', '.join([*listed, BUILTIN])}; or give a URL.",
            )
        config = self._settings.current.comfyui
        address = _timed(msgspec.structs.replace(parse_url(host), proxy=config.proxy), config)
        for name, entry in listed.items():
            known = self._address(entry)
            if known.http_url == address.http_url and not address.has_login:
                return name, known
        self._unnamed[address.http_url] = address
        return address.http_url, address

    def _address(self, entry: HostSettings) -> HostAddress:
        return host_address(entry, self._settings.current.comfyui)


def host_address(entry: HostSettings, config: ComfyuiSettings) -> HostAddress:
    """Return the address of a machine of the settings, or of one that is to become one.

    Raises:
        RabbitError: ``settings_invalid``; a header cannot be sent.
    """
    check_headers(entry.headers, entry.name)
    address = HostAddress(
        host=entry.host.strip("[]"),
        port=entry.port,
        https=entry.https,
        prefix=entry.prefix,
        headers=entry.headers,
        token=entry.token,
        user=entry.user,
        password=entry.password,
        ca_file=_file(entry.ca_file),
        client_cert=_file(entry.client_cert),
        client_key=_file(entry.client_key),
        proxy=proxy_for(entry.proxy, config.proxy),
    )
    return _timed(address, config)


def _timed(address: HostAddress, config: ComfyuiSettings) -> HostAddress:
    return msgspec.structs.replace(
        address,
        connect_timeout_s=config.connect_timeout_s,
        response_timeout_s=config.response_timeout_s,
        transfer_timeout_s=config.transfer_timeout_s,
    )


def _file(text: str) -> str:
    """Return the file that a person means with ``~/ca.pem``."""
    return str(Path(text).expanduser()) if text else ""
