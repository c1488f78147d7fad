"""Addresses of hosts as people write and paste them."""

from __future__ import annotations

import pytest

from daemon.protocol.hosting import HostEntry
from rabbitviewer.hosts.address import (
    HEADER,
    NONE,
    PASSWORD,
    TOKEN,
    Place,
    free_name,
    has_plain_secret,
    is_name,
    login_of,
    split_address,
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("studio", Place("studio")),
        (" 192.168.1.100:8189 ", Place("192.168.1.100", 8189)),
        ("http://studio:8188/", Place("studio", 8188, False)),
        ("http://studio:8188/prefix/", Place("studio", 8188, False, "/prefix")),
        ("https://gpu.example.org/a/b", Place("gpu.example.org", 443, True, "/a/b")),
        ("https://gpu.example.org:8443", Place("gpu.example.org", 8443, True)),
        ("wss://gpu.example.org:8443/ws", Place("gpu.example.org", 8443, True, "/ws")),
        ("http://anna:p%40ss@studio:1", Place("studio", 1, False, "", "anna", "p@ss")),
        ("::1", Place("::1")),
        ("http://[fe80::1]:8188", Place("fe80::1", 8188, False)),
    ],
)
def test_an_address_is_taken_apart(text: str, place: Place) -> None:
    assert split_address(text) == place


@pytest.mark.parametrize("text", ["", "two words", "ftp://studio", "studio:99999", "http://", "/x"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert split_address(text) is None


def test_a_taken_name_gets_a_number() -> None:
    assert free_name("studio", ["studio", "studio 2"]) == "studio 3"


def test_a_name_has_no_slash_or_colon() -> None:
    assert [is_name(each) for each in ("studio", "the studio", "a/b", "a:1", "", " a")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (HostEntry(name="a", host="a"), NONE),
        (HostEntry(name="a", host="a", token="env:T"), TOKEN),
        (HostEntry(name="a", host="a", user="u", password="(hidden)"), PASSWORD),
        (HostEntry(name="a", host="a", headers={"X-Key": "keyring:a-header"}), HEADER),
    ],
)
def test_an_entry_says_how_one_logs_in(entry: HostEntry, kind: str) -> None:
    assert login_of(entry) == kind


def test_a_secret_that_stands_in_the_file_is_known_to_be_lost_with_it() -> None:
    assert has_plain_secret(HostEntry(name="a", host="a", headers={"X-Key": "(hidden)"}))
    assert not has_plain_secret(HostEntry(name="a", host="a", token="keyring:a-token"))
