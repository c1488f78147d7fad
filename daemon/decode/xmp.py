"""XMP packets: what a result says of its making is added, everything else is kept.

The recipe of a result stands in the XMP property ``rv:recipe`` of every format: one mechanism that
JPEG, PNG, TIFF and WebP share and that other programs carry along.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Any
from xml.dom import Node, minidom
from xml.parsers.expat import ExpatError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RV = "https://rabbitviewer.org/ns/xmp/1.0/"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_NOTE = "http://ns.adobe.com/xmp/note/"
_GAIN_MAP = "http://ns.adobe.com/hdr-gain-map/1.0/"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_MAX_PACKET_BYTES = 8 << 20
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_EMPTY = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF + '">'
    '<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)
DIGITAL_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def digital_source_type(*, ai: bool) -> str:
    """Return the IPTC term for a photo whose colours were changed by a model or by arithmetic."""
    term = "compositeWithTrainedAlgorithmicMedia" if ai else "algorithmicallyEnhanced"
    return DIGITAL_SOURCE_TYPES + term


def marked(
    packet: bytes, *, source_type: str, recipe: str, size: tuple[int, int], extended: bool = False
) -> bytes:
    """Return *packet* (or a new one) with the making of an upright result in it.

    Args:
        packet: The original's; empty or unreadable: a new one is begun.
        source_type: ``Iptc4xmpExt:DigitalSourceType``; empty: as it was.
        recipe: ``rv:recipe``; empty: none.
        size: Width and height of the result, put where the packet states them.
        extended: The packet's extension segments are written too.
    """
    document = _parse(packet) or minidom.parseString(_EMPTY)
    descriptions = document.getElementsByTagNameNS(RDF, "Description")
    if not descriptions:
        document = minidom.parseString(_EMPTY)
        descriptions = document.getElementsByTagNameNS(RDF, "Description")
    _correct(descriptions, size, extended=extended)
    if source_type:
        _set(descriptions, IPTC_EXTENSION, "Iptc4xmpExt", "DigitalSourceType", source_type)
    if recipe:
        _set(descriptions, RV, "rv", "recipe", recipe)
    body = document.documentElement.toxml() if document.documentElement else _EMPTY
    return f'{_BEGIN}\n{body}\n<?xpacket end="w"?>'.encode()


def properties(packet: bytes) -> dict[tuple[str, str], str]:
    """Return the plain properties of a packet by (namespace, name).

    Lists give their items joined by ``; ``, language alternatives their first text.
    """
    document = _parse(packet)
    found: dict[tuple[str, str], str] = {}
    if document is None:
        return found
    for node in document.getElementsByTagNameNS(RDF, "Description"):
        for name, value in _attributes(node):
            found.setdefault(name, value)
        for child in _children(node):
            items = child.getElementsByTagNameNS(RDF, "li")
            texts = [_text(item) for item in items] if items else [_text(child)]
            value = "; ".join(text for text in texts if text)
            if value:
                found.setdefault((child.namespaceURI or "", child.localName or ""), value)
    return found


def recipe_of(packet: bytes) -> str:
    """Return the recipe of a result; empty without one."""
    return properties(packet).get((RV, "recipe"), "")


def split(packet: bytes, first_limit: int, rest_limit: int) -> tuple[bytes, list[bytes]]:
    """Cut a packet that is too long for one JPEG segment (XMP specification part 3, 1.1.3.1).

    Returns:
        The main packet, and the extension segments' payloads after their signature.
    """
    if len(packet) <= first_limit:
        return packet, []
    document = _parse(packet)
    body = packet
    if document is not None and document.documentElement is not None:
        body = document.documentElement.toxml().encode()
    guid = hashlib.md5(body, usedforsecurity=False).hexdigest().upper()
    main = (
        f'{_BEGIN}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about="" xmlns:xmpNote="{_NOTE}" xmpNote:HasExtendedXMP="{guid}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    step = rest_limit - 40
    parts = [
        guid.encode() + struct.pack(">II", len(body), start) + body[start : start + step]
        for start in range(0, len(body), step)
    ]
    return main.encode(), parts


def _parse(packet: bytes) -> minidom.Document | None:
    """Return the packet's tree; ``None`` when it is no XML or declares a document type."""
    start, end = packet.find(b"<"), packet.rfind(b">")
    if start < 0 or len(packet) > _MAX_PACKET_BYTES or b"<!DOCTYPE" in packet:
        return None
    try:
        return minidom.parseString(packet[start : end + 1])
    except (ExpatError, ValueError, LookupError):
        return None


def _correct(descriptions: list[Any], size: tuple[int, int], *, extended: bool) -> None:
    width, height = size
    known = {
        (_TIFF, "Orientation"): "1",
        (_TIFF, "ImageWidth"): str(width),
        (_TIFF, "ImageLength"): str(height),
        (_EXIF, "PixelXDimension"): str(width),
        (_EXIF, "PixelYDimension"): str(height),
    }
    for (space, name), value in known.items():
        _replace(descriptions, space, name, value)
    _remove(descriptions, _XMP, "Thumbnails")
    _remove(descriptions, _GAIN_MAP, "Version")
    if not extended:
        _remove(descriptions, _NOTE, "HasExtendedXMP")


def _set(descriptions: list[Any], space: str, prefix: str, name: str, value: str) -> None:
    _remove(descriptions, space, name)
    first = descriptions[0]
    first.setAttributeNS(_XMLNS, f"xmlns:{prefix}", space)
    first.setAttributeNS(space, f"{prefix}:{name}", value)


def _replace(descriptions: list[Any], space: str, name: str, value: str) -> None:
    for node in descriptions:
        if node.hasAttributeNS(space, name):
            node.getAttributeNodeNS(space, name).value = value
        for child in _children(node):
            if child.namespaceURI == space and child.localName == name:
                while child.firstChild is not None:
                    child.removeChild(child.firstChild)
                child.appendChild(child.ownerDocument.createTextNode(value))


def _remove(descriptions: list[Any], space: str, name: str) -> None:
    for node in descriptions:
        if node.hasAttributeNS(space, name):
            node.removeAttributeNS(space, name)
        for child in list(_children(node)):
            if child.namespaceURI == space and child.localName == name:
                node.removeChild(child)


def _children(node: Any) -> Iterator[Any]:  # noqa: ANN401 - minidom is untyped
    return (child for child in node.childNodes if child.nodeType == Node.ELEMENT_NODE)


def _attributes(node: Any) -> Iterator[tuple[tuple[str, str], str]]:  # noqa: ANN401
    for (space, name), attribute in node.attributes.itemsNS():
        if space not in (None, _XMLNS, RDF):
            yield (space, name), attribute
    return


def _text(node: Any) -> str:  # noqa: ANN401
    parts = [c.data for c in node.childNodes if c.nodeType in (Node.TEXT_NODE, 4)]
    return "".join(parts).strip()
