"""Reads an XMP packet and remembers where in its bytes everything stands.

Only the properties are kept, with the byte offsets that :mod:`daemon.sidecars.edit` splices at;
what lies inside a property that nobody asks for is passed over, so that a sidecar of several
megabytes of masks costs no more memory than its text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from daemon.sidecars.names import RDF, XML, Name

MOST_BYTES = 32 << 20
_MOST_DEPTH = 200
_MOST_PROPERTIES = 20_000
_ITEM_DEPTH = 3

_ATTRIBUTE = re.compile(rb"(\s+)([^\s=/>]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class BrokenPacketError(ValueError):
    """The bytes are no XMP packet that can be read; the text says why, in words."""


@dataclass(slots=True)
class Attribute:
    """An attribute, *start* with the white space before it, the value without its quotes."""

    name: Name
    value: str
    start: int
    end: int
    value_start: int
    value_end: int
    quote: bytes


@dataclass(slots=True)
class Element:
    """An element and where it stands: ``start <tag ...> inner_start ... inner_end </tag> end``."""

    name: Name
    tag: bytes
    start: int
    inner_start: int
    inner_end: int
    end: int
    is_empty: bool
    attributes: list[Attribute]
    spaces: dict[str, str]
    children: list[Element] = field(default_factory=list["Element"])
    text: str = ""

    def attribute(self, name: Name) -> Attribute | None:
        """Return the attribute of that name; None: it has none."""
        return next((one for one in self.attributes if one.name == name), None)

    def child(self, name: Name) -> Element | None:
        """Return the first child of that name; None: there is none."""
        return next((one for one in self.children if one.name == name), None)


@dataclass(slots=True)
class Packet:
    """A packet: its bytes as UTF-8, and its descriptions.

    Attributes:
        data: The text in UTF-8, without what comes before the first ``<``.
        head: Bytes before it (a byte order mark).
        codec: What the file's text is written in.
        rdf: The element ``rdf:RDF``.
        descriptions: Its ``rdf:Description`` children.
    """

    data: bytes
    head: bytes
    codec: str
    rdf: Element
    descriptions: list[Element]

    def simple(self, name: Name) -> str | None:
        """Return the text of a simple property in either spelling; None: it is not there."""
        for description in self.descriptions:
            attribute = description.attribute(name)
            if attribute is not None:
                return attribute.value
        element = next(self.elements(name), None)
        return None if element is None else element.text.strip()

    def elements(self, name: Name) -> Iterator[Element]:
        """Return the elements of a property, in the order of the file."""
        for description in self.descriptions:
            yield from (child for child in description.children if child.name == name)

    def items(self, name: Name) -> list[Element]:
        """Return the ``rdf:li`` of a property that is a list."""
        found: list[Element] = []
        for element in self.elements(name):
            for container in element.children:
                found.extend(item for item in container.children if item.name == (RDF, "li"))
        return found

    def has(self, name: Name) -> bool:
        """Return whether the property is there, in either spelling."""
        return self.simple(name) is not None

    def uses(self, space: str) -> bool:
        """Return whether any property of that namespace is there."""
        for description in self.descriptions:
            if any(one.name[0] == space for one in description.attributes):
                return True
            if any(one.name[0] == space for one in description.children):
                return True
        return False

    def encoded(self, data: bytes) -> bytes:
        """Return edited UTF-8 as the file has it written."""
        if self.codec == "utf-8":
            return self.head + data
        return self.head + data.decode().encode(self.codec, "xmlcharrefreplace")


def parse(raw: bytes) -> Packet:
    """Read a packet.

    Raises:
        BrokenPacketError: it is too large, not XML, has no RDF, or declares entities.
    """
    if len(raw) > MOST_BYTES:
        raise BrokenPacketError(f"it is larger than {MOST_BYTES >> 20} MB")
    head, data, codec = _decoded(raw)
    reader = _Reader(data)
    root = reader.read()
    rdf = root if root.name == (RDF, "RDF") else root.child((RDF, "RDF"))
    if rdf is None:
        raise BrokenPacketError("it holds no rdf:RDF")
    descriptions = [child for child in rdf.children if child.name == (RDF, "Description")]
    return Packet(data, head, codec, rdf, descriptions)


def _decoded(raw: bytes) -> tuple[bytes, bytes, str]:
    """Return what stands before the text, the text in UTF-8 and how it was written."""
    head, codec = b"", ""
    for bom, name in _BOMS:
        if raw.startswith(bom):
            head, codec = bom, name
    body = raw[len(head) :]
    if not codec:
        declared = _ENCODING.match(body)
        codec = "utf-8"
        if body.startswith(b"<\0"):
            codec = "utf-16-le"
        elif body.startswith(b"\0<"):
            codec = "utf-16-be"
        elif declared is not None:
            codec = declared[1].decode("ascii").lower()
    if codec in ("utf-8", "utf8"):
        return head, body, "utf-8"
    try:
        text = body.decode(codec)
        unchanged = text.encode(codec) == body
    except (UnicodeError, LookupError) as error:
        raise BrokenPacketError(f"its text is not {codec}") from error
    if not unchanged:
        raise BrokenPacketError(f"its text cannot be kept as it is in {codec}")
    return head, text.encode("utf-8"), codec


class _Reader:
    """Builds the elements down to the items of lists; what lies deeper is passed over."""

    def __init__(self, data: bytes) -> None:
        self._first = max(data.find(b"<"), 0)
        self._data = data[self._first : data.rfind(b">") + 1]
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_text
        self._parser.StartDoctypeDeclHandler = self._on_doctype
        self._open: list[Element] = []
        self._root: Element | None = None
        self._depth = 0
        self._rdf_depth = 0
        self._count = 0

    def read(self) -> Element:
        """Return the root element."""
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            reason = expat.errors.messages.get(error.code, "not XML")
            if reason == expat.errors.XML_ERROR_NO_ELEMENTS:
                raise BrokenPacketError("it is empty or ends in the middle") from error
            raise BrokenPacketError(f"line {error.lineno} is no XML ({reason})") from error
        if self._root is None:
            raise BrokenPacketError("it is empty")
        return self._root

    def _on_doctype(self, *_: object) -> None:
        raise BrokenPacketError("it declares a document type, which XMP does not have")

    def _on_start(self, qualified: str, plain: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise BrokenPacketError("its elements are nested too deeply")
        if not self._is_kept():
            return
        self._count += 1
        if self._count > _MOST_PROPERTIES:
            raise BrokenPacketError("it has too many properties")
        start = self._parser.CurrentByteIndex
        spaces = self._open[-1].spaces if self._open else {"xml": XML}
        declared = {k[6:]: uri for k, uri in plain.items() if k == "xmlns" or k[:6] == "xmlns:"}
        if declared:
            spaces = {**spaces, **declared}
        tag_end, attributes = self._attributes(start, plain, spaces)
        is_empty = self._data[tag_end - 2 : tag_end] == b"/>"
        element = Element(
            *(_resolved(qualified, spaces), qualified.encode(), self._first + start),
            *(self._first + tag_end, self._first + tag_end, self._first + tag_end),
            *(is_empty, attributes, spaces),
        )
        if self._open:
            self._open[-1].children.append(element)
        elif self._root is None:
            self._root = element
        self._open.append(element)
        if element.name == (RDF, "RDF") and not self._rdf_depth:
            self._rdf_depth = self._depth

    def _is_kept(self) -> bool:
        """Return whether the element that begins is wanted, its parent being wanted."""
        if len(self._open) != self._depth - 1:
            return False
        return not self._rdf_depth or self._depth <= self._rdf_depth + 1 + _ITEM_DEPTH

    def _on_end(self, _qualified: str) -> None:
        if len(self._open) == self._depth:
            element = self._open.pop()
            if not element.is_empty:
                at = self._parser.CurrentByteIndex
                element.inner_end = self._first + at
                element.end = self._first + self._data.index(b">", at) + 1
        self._depth -= 1

    def _on_text(self, text: str) -> None:
        if len(self._open) == self._depth and self._open:
            self._open[-1].text += text

    def _attributes(
        self, start: int, plain: dict[str, str], spaces: dict[str, str]
    ) -> tuple[int, list[Attribute]]:
        """Return where the start tag ends, and its attributes."""
        at = start + 1
        while self._data[at : at + 1] not in (b" ", b"\t", b"\r", b"\n", b"/", b">"):
            at += 1
        found: list[Attribute] = []
        while match := _ATTRIBUTE.match(self._data, at):
            at = match.end()
            key = match[2].decode()
            group = 3 if match[3] is not None else 4
            found.append(
                Attribute(
                    *(_resolved(key, spaces, is_attribute=True), plain.get(key, "")),
                    *(self._first + match.start(), self._first + at),
                    *(self._first + match.start(group), self._first + match.end(group)),
                    b'"' if group == 3 else b"'",
                )
            )
        return self._data.index(b">", at) + 1, found


def _resolved(qualified: str, spaces: dict[str, str], *, is_attribute: bool = False) -> Name:
    prefix, colon, local = qualified.partition(":")
    if not colon:
        return ("" if is_attribute else spaces.get("", ""), qualified)
    if prefix in ("xmlns", "xml"):
        return (prefix, local)
    if prefix not in spaces:
        raise BrokenPacketError(f"the prefix {prefix} is not declared")
    return (spaces[prefix], local)
