"""IPTC-IIM records and the containers they travel in."""

from __future__ import annotations

import struct

PHOTOSHOP = b"Photoshop 3.0\0"
_IPTC_RESOURCE = 0x0404
_FIELDS = {
    5: "title",
    25: "iptc_keywords",
    40: "instructions",
    80: "creator",
    90: "city",
    92: "location",
    95: "state",
    101: "country",
    105: "headline",
    110: "credit",
    116: "copyright",
    120: "caption",
}
_REPEATED = ("iptc_keywords", "creator")


def from_resources(data: bytes) -> bytes:
    """Return the IPTC records inside Photoshop image resources; empty without them."""
    at = 0
    while at + 12 <= len(data) and data[at : at + 4] == b"8BIM":
        (identity,) = struct.unpack_from(">H", data, at + 4)
        name_bytes = data[at + 6] + 1
        at += 6 + name_bytes + name_bytes % 2
        if at + 4 > len(data):
            break
        (size,) = struct.unpack_from(">I", data, at)
        if identity == _IPTC_RESOURCE:
            return data[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return b""


def to_resources(iptc: bytes) -> bytes:
    """Return *iptc* as one Photoshop image resource."""
    padding = bytes(len(iptc) % 2)
    return b"8BIM" + struct.pack(">HHI", _IPTC_RESOURCE, 0, len(iptc)) + iptc + padding


def from_raw_profile(text: bytes) -> bytes:
    """Return the bytes of a PNG ``Raw profile type`` text (hexadecimal after a header)."""
    lines = text.strip().split(b"\n")
    try:
        data = bytes.fromhex(b"".join(lines[2:]).decode("ascii"))
    except ValueError:
        return b""
    return from_resources(data) if data.startswith(b"8BIM") else data


def to_raw_profile(iptc: bytes) -> bytes:
    """Return *iptc* as the text of a PNG ``Raw profile type iptc`` chunk."""
    data = to_resources(iptc)
    digits = data.hex()
    lines = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
    return f"\niptc\n{len(data):8d}\n{lines}\n".encode("ascii")


def fields(iptc: bytes) -> dict[str, str]:
    """Return the records people look for, by our names."""
    found: dict[str, str] = {}
    encoding = "utf-8" if b"\x1b%G" in iptc[:64] else "latin-1"
    at = 0
    while at + 5 <= len(iptc) and iptc[at] == 0x1C:
        record, dataset, size = iptc[at + 1], iptc[at + 2], int.from_bytes(iptc[at + 3 : at + 5])
        if size & 0x8000:
            break
        value = iptc[at + 5 : at + 5 + size]
        if record == 2 and dataset in _FIELDS:
            name, text = _FIELDS[dataset], value.decode(encoding, "replace").strip()
            if name in _REPEATED and found.get(name):
                text = f"{found.pop(name)}; {text}"
            found.setdefault(name, text)
        at += 5 + size
    return found
