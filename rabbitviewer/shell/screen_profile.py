"""The ICC profile that the desktop says a screen has; only X11 tells."""

from __future__ import annotations

import ctypes
import logging
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

_MOST_BYTES = 16 << 20
_HEADER_BYTES = 128

_log = logging.getLogger(__name__)


class _Cookie(ctypes.Structure):
    _fields_ = (("sequence", ctypes.c_uint),)


class _Screens(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("rem", ctypes.c_int), ("index", ctypes.c_int))


def can_tell(platform: str) -> bool:
    """Whether Qt's platform plugin *platform* is one whose screens' profiles can be read."""
    return platform == "xcb" and sys.platform.startswith("linux") and "DISPLAY" in os.environ


def read_screen_profile(number: int) -> bytes:
    """Return the profile of the screen with this *number*, from 0; empty: it has none.

    Blocks for a round trip to the X server on a connection of its own: not for the window's thread.
    The root window holds them as ``_ICC_PROFILE``, ``_ICC_PROFILE_1`` … (ICC Profiles in X
    Specification 0.4).
    """
    try:
        return _read(number)
    except (OSError, AttributeError, ValueError) as error:
        _log.info("the profile of screen %d is not known: %s", number, error)
        return b""


def atom_name(number: int) -> bytes:
    """Return the name of the property that holds the profile of screen *number*."""
    return b"_ICC_PROFILE_%d" % number if number else b"_ICC_PROFILE"


def _read(number: int) -> bytes:
    xcb, free = _libraries()
    connection = xcb.xcb_connect(None, None)
    try:
        if xcb.xcb_connection_has_error(connection):
            return b""
        screens = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection))
        if not screens.rem or not screens.data:
            return b""
        (root,) = struct.unpack("=I", ctypes.string_at(screens.data, 4))
        atom = _atom(xcb, free, connection, atom_name(number))
        profile = _property(xcb, free, connection, root, atom) if atom else b""
    finally:
        xcb.xcb_disconnect(connection)
    return profile if len(profile) >= _HEADER_BYTES and profile[36:40] == b"acsp" else b""


def _libraries() -> tuple[ctypes.CDLL, Callable[[int], None]]:
    xcb = ctypes.CDLL("libxcb.so.1")
    libc = ctypes.CDLL(None)
    pointer, number = ctypes.c_void_p, ctypes.c_uint32
    prototypes: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
        ("xcb_connect", pointer, (ctypes.c_char_p, ctypes.c_void_p)),
        ("xcb_connection_has_error", ctypes.c_int, (pointer,)),
        ("xcb_get_setup", pointer, (pointer,)),
        ("xcb_setup_roots_iterator", _Screens, (pointer,)),
        (
            "xcb_intern_atom",
            _Cookie,
            (pointer, ctypes.c_uint8, ctypes.c_uint16, ctypes.c_char_p),
        ),
        ("xcb_intern_atom_reply", pointer, (pointer, _Cookie, pointer)),
        (
            "xcb_get_property",
            _Cookie,
            (pointer, ctypes.c_uint8, number, number, number, number, number),
        ),
        ("xcb_get_property_reply", pointer, (pointer, _Cookie, pointer)),
        ("xcb_get_property_value", pointer, (pointer,)),
        ("xcb_get_property_value_length", ctypes.c_int, (pointer,)),
        ("xcb_disconnect", None, (pointer,)),
    )
    for name, result, arguments in prototypes:
        function = getattr(xcb, name)
        function.restype, function.argtypes = result, arguments
    libc.free.argtypes = (pointer,)
    libc.free.restype = None
    return xcb, libc.free


def _atom(xcb: ctypes.CDLL, free: Callable[[int], None], connection: int, name: bytes) -> int:
    cookie = xcb.xcb_intern_atom(connection, 1, len(name), name)
    reply = xcb.xcb_intern_atom_reply(connection, cookie, None)
    if not reply:
        return 0
    try:
        (atom,) = struct.unpack_from("=I", ctypes.string_at(reply, 12), 8)
    finally:
        free(reply)
    return int(atom)


def _property(
    xcb: ctypes.CDLL, free: Callable[[int], None], connection: int, window: int, atom: int
) -> bytes:
    cookie = xcb.xcb_get_property(connection, 0, window, atom, 0, 0, _MOST_BYTES // 4)
    reply = xcb.xcb_get_property_reply(connection, cookie, None)
    if not reply:
        return b""
    try:
        length = xcb.xcb_get_property_value_length(reply)
        return ctypes.string_at(xcb.xcb_get_property_value(reply), length) if length > 0 else b""
    finally:
        free(reply)
