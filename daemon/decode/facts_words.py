"""Words of metadata as the catalogue keeps them: names of cameras, times, keywords."""

from __future__ import annotations

import re
import unicodedata

_COMPANY_WORDS = frozenset(
    (
        *("corporation", "corp", "company", "co", "ltd", "inc", "gmbh", "ag", "imaging"),
        *("optical", "electric", "electronics", "camera", "cameras", "digital", "techwin"),
    )
)
_MAX_TEXT = 2000
_DAY = re.compile(r"(\d{4})[:\-./](\d{2})[:\-./](\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?")
_XMP_DAYS = re.compile(
    rb"(?:exif:DateTimeOriginal|photoshop:DateCreated|xmp:CreateDate)(?:=[\"']|>)\s*([0-9T:+\-.]+)"
)
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_UTF_8 = b"\x1b%G"


def camera_name(make: str, model: str) -> str:
    """Return maker and model with the maker once and without its legal form.

    >>> camera_name("Canon", "Canon EOS R5")
    'Canon EOS R5'
    >>> camera_name("NIKON CORPORATION", "NIKON D850")
    'NIKON D850'
    >>> camera_name("OLYMPUS IMAGING CORP.", "E-M1")
    'OLYMPUS E-M1'
    """
    words = make.replace(",", " ").split()
    while len(words) > 1 and words[-1].strip(".").lower() in _COMPANY_WORDS:
        words.pop()
    maker = " ".join(words)
    if not model or not maker:
        return model or maker
    first = model.split()[0].lower()
    if first in map(str.lower, words) or first.startswith(words[0].lower()):
        return model
    return f"{maker} {model}"


def day_and_time(text: str) -> str:
    """Return a date as ``YYYY-MM-DD HH:MM:SS``; empty when it is none.

    >>> day_and_time("2024:06:21 18:30:05")
    '2024-06-21 18:30:05'
    >>> day_and_time("0000:00:00 00:00:00")
    ''
    """
    found = _DAY.match(text)
    if found is None:
        return ""
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    in_year = 1800 <= year <= 2200 and 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]
    if not in_year or hour > 23 or minute > 59:
        return ""
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        return ""
    return f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{min(second, 59):02d}"


def day_in_xmp(packet: bytes) -> str:
    """Return when a photo was taken as its XMP says; empty when it does not."""
    for found in _XMP_DAYS.findall(packet):
        taken = day_and_time(found.decode("ascii"))
        if taken:
            return taken
    return ""


def iptc_keywords(iptc: bytes) -> tuple[str, ...]:
    """Return the keywords of IPTC records (dataset 2:25)."""
    encoding = "utf-8" if _UTF_8 in iptc[:64] else "latin-1"
    found: list[str] = []
    at = 0
    while at + 5 <= len(iptc) and iptc[at] == 0x1C:
        record, dataset, size = iptc[at + 1], iptc[at + 2], int.from_bytes(iptc[at + 3 : at + 5])
        if size & 0x8000:
            break
        if (record, dataset) == (2, 25):
            found.append(iptc[at + 5 : at + 5 + size].decode(encoding, "replace"))
        at += 5 + size
    return tuple(dict.fromkeys(word.strip() for word in found if word.strip()))


def plain_text(text: str) -> str:
    """Return *text* on one line, of reasonable length, without characters that only control."""
    text = text[:_MAX_TEXT]
    if text.isprintable():
        return text.strip()
    kept = (" " if c.isspace() else c for c in text if c.isspace() or _is_shown(c))
    return " ".join("".join(kept).split())


def _is_shown(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs", "Cn")
