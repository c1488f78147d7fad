"""Which hosts there are: those of the settings, and those that somebody named by URL."""

from __future__ import annotations

import msgspec

from daemon.comfyui.address import HostAddress, check_headers, parse_url
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.settings import HostSettings, SettingsStore

BUILTIN = "builtin"
DEFAULT = "comfyui"


class KnownHosts:
    """Every host but the built-in one by name, with its address as the settings have it now."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings
        self._unnamed: dict[str, HostAddress] = {}

    def listed(self) -> tuple[HostSettings, ...]:
        """Return the hosts of the settings in their order, the disabled ones too."""
        config = self._settings.current.comfyui
        return config.hosts or (HostSettings(name=DEFAULT, host=config.host, port=config.port),)

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
        return "" if name in self._unnamed or name == DEFAULT else name

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
        address = msgspec.structs.replace(
            parse_url(host),
            connect_timeout_s=config.connect_timeout_s,
            response_timeout_s=config.response_timeout_s,
        )
        for name, entry in listed.items():
            known = self._address(entry)
            if known.http_url == address.http_url and not address.headers:
                return name, known
        self._unnamed[address.http_url] = address
        return address.http_url, address

    def _address(self, entry: HostSettings) -> HostAddress:
        config = self._settings.current.comfyui
        check_headers(entry.headers, entry.name)
        return HostAddress(
            host=entry.host.strip("[]"),
            port=entry.port,
            https=entry.https,
            headers=entry.headers,
            ca_file=entry.ca_file,
            connect_timeout_s=config.connect_timeout_s,
            response_timeout_s=config.response_timeout_s,
        )
