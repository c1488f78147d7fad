"""What XMP packets say of a photo, in every program's spelling, and how to say something else.

Where programs disagree within one packet, the one that wrote it is believed: darktable's labels in
darktable's files, ``xmp:Rating`` before Microsoft's, ``xmp:Label`` before digiKam's number.
"""

from __future__ import annotations

import msgspec

from daemon.sidecars import names
from daemon.sidecars.edit import Editor
from daemon.sidecars.keywords import change_keywords, read_keywords
from daemon.sidecars.names import COLORS, LABEL_WORDS
from daemon.sidecars.packet import Packet, parse

NEW_PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="RabbitViewer">\n'
    b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b'  <rdf:Description rdf:about=""\n'
    b'    xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
    b'   xmp:CreatorTool="RabbitViewer">\n'
    b"  </rdf:Description>\n"
    b" </rdf:RDF>\n"
    b"</x:xmpmeta>\n"
    b'<?xpacket end="w"?>'
)
"""A sidecar that says nothing yet."""

_LABELS = {words[i].casefold(): COLORS[i] for words in LABEL_WORDS for i in range(5)}
_MOST_STARS = 5
_REJECTED = "-1"
_TRUE = ("true", "1")


class Said(msgspec.Struct, frozen=True):
    """What is said of a photo: rating 0..5, label and flag as in the protocol, title, keywords."""

    rating: int = 0
    label: str = ""
    flag: str = ""
    title: str = ""
    keywords: tuple[str, ...] = ()


class MarksChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of a photo; None leaves a value alone.

    Attributes:
        rating: 0..5.
        label: red | yellow | green | blue | purple; empty: none.
        flag: pick | reject; empty: none.
        title: Text; empty: none.
        add_keywords: Keywords to add; hierarchies with ``|``.
        remove_keywords: Keywords to take away.
    """

    rating: int | None = None
    label: str | None = None
    flag: str | None = None
    title: str | None = None
    add_keywords: tuple[str, ...] = ()
    remove_keywords: tuple[str, ...] = ()

    def of(self, said: Said) -> Said:
        """Return *said* after this change."""
        kept = tuple(one for one in said.keywords if one not in self.remove_keywords)
        return Said(
            rating=said.rating if self.rating is None else self.rating,
            label=said.label if self.label is None else self.label,
            flag=said.flag if self.flag is None else self.flag,
            title=said.title if self.title is None else self.title,
            keywords=tuple(dict.fromkeys((*kept, *self.add_keywords))),
        )


def read(packet: Packet) -> Said:
    """Return what a packet says."""
    return Said(
        rating=_read_rating(packet),
        label=_read_label(packet),
        flag=_read_flag(packet),
        title=_read_title(packet),
        keywords=read_keywords(packet),
    )


def changed(packet: Packet, wanted: Said, *, date: str, rated: bool = False) -> bytes:
    """Return the packet's file after it says what is *wanted*.

    Args:
        packet: The packet.
        wanted: What it shall say; what it says already is left as it is spelled.
        date: The time of the change (ISO 8601), for ``xmp:MetadataDate``.
        rated: Write the rating though it is 0, so that no older one shows through.
    """
    said = read(packet)
    editor = Editor(packet)
    _write_rating(packet, editor, wanted, said, rated=rated)
    if wanted.flag != said.flag:
        _write_flag(packet, editor, wanted.flag)
    if wanted.label != said.label:
        _write_label(packet, editor, wanted.label)
    if wanted.title != said.title:
        editor.set_text(names.TITLE, wanted.title)
    if wanted.keywords != said.keywords:
        added = [one for one in wanted.keywords if one not in said.keywords]
        removed = [one for one in said.keywords if one not in wanted.keywords]
        change_keywords(packet, editor, added, removed)
    if editor.is_changed:
        editor.set_simple(names.METADATA_DATE, date)
    return editor.result()


def new_packet(wanted: Said, *, date: str) -> bytes:
    """Return a sidecar that says what is *wanted*."""
    return changed(parse(NEW_PACKET), wanted, date=date, rated=True)


# ---------------------------------------------------------------- rating and flag


def _number(text: str | None) -> int | None:
    try:
        return None if text is None else round(float(text))
    except (ValueError, OverflowError):
        return None


def _stars(number: int | None) -> int:
    return 0 if number is None else min(max(number, 0), _MOST_STARS)


def _read_rating(packet: Packet) -> int:
    text = packet.simple(names.RATING)
    number = _number(text)
    if number is not None and number < 0:
        return _stars(_number(packet.simple(names.STARS)))
    if number is not None:
        return _stars(number)
    for name in names.MICROSOFT_RATINGS:
        percent = _number(packet.simple(name))
        if percent is not None:
            return sum(percent >= least for least in names.MICROSOFT_STARS[1:])
    return _stars(_number(packet.simple(names.ACDSEE_RATING)))


def _read_flag(packet: Packet) -> str:
    rating = _number(packet.simple(names.RATING))
    if rating is not None and rating < 0:
        return "reject"
    pick = _number(packet.simple(names.PICK))
    if pick:
        return "pick" if pick > 0 else "reject"
    flagged = {1: "reject", 3: "pick"}.get(_number(packet.simple(names.DIGIKAM_PICK)) or 0, "")
    if flagged or pick == 0:
        return flagged
    good = packet.simple(names.GOOD)
    if good:
        return "pick" if good.lower() in _TRUE else "reject"
    return ""


def _rejects_by_rating(packet: Packet) -> bool:
    """Return whether the program of this packet writes a rejection as rating -1."""
    number = _number(packet.simple(names.RATING))
    return (number is not None and number < 0) or packet.uses(names.DARKTABLE)


def _write_rating(packet: Packet, editor: Editor, wanted: Said, said: Said, *, rated: bool) -> None:
    before = packet.simple(names.RATING)
    was_hidden = (_number(before) or 0) < 0
    hidden = wanted.flag == "reject" and _rejects_by_rating(packet)
    is_rated = wanted.rating != said.rating
    if is_rated or hidden != was_hidden or (rated and before is None):
        editor.set_simple(names.RATING, _REJECTED if hidden else str(wanted.rating))
    if hidden and wanted.rating:
        editor.set_simple(names.STARS, str(wanted.rating))
    else:
        editor.remove(names.STARS)
    if not is_rated:
        return
    for name in names.MICROSOFT_RATINGS:
        if packet.has(name):
            editor.set_simple(name, str(names.MICROSOFT_STARS[wanted.rating]))
    if packet.has(names.ACDSEE_RATING):
        editor.set_simple(names.ACDSEE_RATING, str(wanted.rating))


def _write_flag(packet: Packet, editor: Editor, flag: str) -> None:
    if flag or packet.has(names.PICK):
        editor.set_simple(names.PICK, {"pick": "1", "reject": "-1"}.get(flag, "0"))
    good = packet.simple(names.GOOD)
    if good is not None:
        if flag:
            word = "true" if flag == "pick" else "false"
            editor.set_simple(names.GOOD, word if good == good.lower() else word.capitalize())
        else:
            editor.remove(names.GOOD)
    if packet.has(names.DIGIKAM_PICK):
        editor.set_simple(names.DIGIKAM_PICK, {"pick": "3", "reject": "1"}.get(flag, "0"))


# ---------------------------------------------------------------- label and title


def _read_label(packet: Packet) -> str:
    if any(True for _ in packet.elements(names.DARKTABLE_LABELS)):
        numbers = [_number(item.text) for item in packet.items(names.DARKTABLE_LABELS)]
        known = [COLORS[one] for one in numbers if one is not None and 0 <= one < len(COLORS)]
        return known[0] if known else ""
    word = (packet.simple(names.LABEL) or "").strip().casefold()
    if word in _LABELS:
        return _LABELS[word]
    color = (packet.simple(names.LABEL_COLOR) or "").strip().casefold()
    if color in COLORS:
        return color
    return names.DIGIKAM_COLORS.get(_number(packet.simple(names.DIGIKAM_LABEL)) or 0, "")


def _write_label(packet: Packet, editor: Editor, label: str) -> None:
    word = packet.simple(names.LABEL)
    is_darktables = packet.uses(names.DARKTABLE)
    if label and (word is not None or not is_darktables):
        editor.set_simple(names.LABEL, _label_word(label, word or ""))
    elif not label and word is not None:
        editor.remove(names.LABEL)
    if is_darktables:
        numbers = [str(COLORS.index(label))] if label else []
        editor.replace_list(names.DARKTABLE_LABELS, numbers, kind="Seq")
    if packet.has(names.LABEL_COLOR):
        if label:
            editor.set_simple(names.LABEL_COLOR, label)
        else:
            editor.remove(names.LABEL_COLOR)
    if packet.has(names.DIGIKAM_LABEL):
        numbers_of = {color: number for number, color in names.DIGIKAM_COLORS.items()}
        editor.set_simple(names.DIGIKAM_LABEL, str(numbers_of.get(label, 0)))


def _label_word(label: str, before: str) -> str:
    """Return a label in the language that the file has its label in."""
    known = [words for words in LABEL_WORDS if before.casefold() in map(str.casefold, words)]
    words = known[0] if known else LABEL_WORDS[0]
    word = words[COLORS.index(label)]
    return word.lower() if before and before == before.lower() and known else word


def _read_title(packet: Packet) -> str:
    items = packet.items(names.TITLE)
    if not items:
        return packet.simple(names.TITLE) or ""
    default = [i for i in items if any(one.value == "x-default" for one in i.attributes)]
    return (default or items)[0].text.strip()
