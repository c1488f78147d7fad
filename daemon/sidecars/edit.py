"""Changes properties of an XMP packet by splicing its bytes; whatever is not changed stays.

New properties are written as the packet writes its own: as attributes or elements, with its
quotes, its indentation, its line ends and its prefixes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from daemon.sidecars.names import PREFIXES, RDF, XML, Name
from daemon.sidecars.packet import Attribute, Element, Packet

_SPACE_BEFORE = re.compile(rb"\s*\Z")
_LANGUAGE: Name = (XML, "lang")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Editor:
    """Collects changes of one packet; :meth:`result` is the packet with all of them."""

    def __init__(self, packet: Packet) -> None:
        self._packet = packet
        self._data = packet.data
        self._splices: list[tuple[int, int, bytes]] = []
        self._new_spaces: dict[str, str] = {}
        self._attributes: dict[Name, bytes] = {}
        self._elements: list[tuple[Name, str, Sequence[str]]] = []

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be changed."""
        return bool(self._splices or self._attributes or self._elements)

    def result(self) -> bytes:
        """Return the changed packet as its file has it written."""
        self._place()
        parts: list[bytes] = []
        at = 0
        for start, end, new in sorted(self._splices, key=lambda splice: splice[:2]):
            parts += (self._data[at:start], new)
            at = end
        parts.append(self._data[at:])
        return self._packet.encoded(b"".join(parts))

    def set_simple(self, name: Name, value: str) -> None:
        """Give a simple property a value wherever it stands; without it, add it."""
        found = False
        for description in self._packet.descriptions:
            attribute = description.attribute(name)
            if attribute is not None:
                found = True
                if attribute.value != value:
                    new = _escaped(value, attribute.quote)
                    self._splice(attribute.value_start, attribute.value_end, new)
        for element in self._packet.elements(name):
            found = True
            if element.children or element.text.strip() != value:
                self._fill(element, _escaped(value))
        if not found:
            self._add_simple(name, value)

    def remove(self, name: Name) -> None:
        """Take a property away wherever it stands."""
        for description in self._packet.descriptions:
            attribute = description.attribute(name)
            if attribute is not None:
                self._splice(attribute.start, attribute.end, b"")
        for element in self._packet.elements(name):
            self._splice(self._space_before(element.start), element.end, b"")

    def set_text(self, name: Name, value: str) -> None:
        """Give a property with languages its text of no language; other languages stay."""
        items = self._packet.items(name)
        default = [item for item in items if _language(item) in ("x-default", "")]
        if not items:
            self.remove(name)
            if value:
                self._elements.append((name, "Alt", (value,)))
        elif default:
            if value:
                self._fill(default[0], _escaped(value))
            elif len(items) == 1:
                self.remove(name)
            else:
                self._splice(self._space_before(default[0].start), default[0].end, b"")
        elif value:
            first = items[0]
            new = self._item(first, value, language=True) + self._gap(first)
            self._splice(first.start, first.start, new)

    def change_list(
        self, name: Name, *, add: Iterable[str] = (), remove: Iterable[str] = (), kind: str = "Bag"
    ) -> None:
        """Take items out of a list and put others at its end; the rest of it stays."""
        items = self._packet.items(name)
        gone = set(remove)
        kept = [item for item in items if item.text.strip() not in gone]
        there = {item.text.strip() for item in kept}
        new = [value for value in dict.fromkeys(add) if value not in there]
        if not items:
            if new:
                self.remove(name)
                self._elements.append((name, kind, new))
            return
        if not kept and not new:
            self.remove(name)
            return
        for item in items:
            if item.text.strip() in gone:
                self._splice(self._space_before(item.start), item.end, b"")
        if new:
            last = items[-1]
            gap = self._gap(last)
            added = b"".join(gap + self._item(last, value) for value in new)
            self._splice(last.end, last.end, added)

    def replace_list(self, name: Name, values: Sequence[str], *, kind: str) -> None:
        """Let a list hold *values* and nothing else."""
        old = [item.text.strip() for item in self._packet.items(name)]
        gone = [value for value in old if value not in values]
        self.change_list(name, add=values, remove=gone, kind=kind)

    # ------------------------------------------------------------ pieces

    def _splice(self, start: int, end: int, new: bytes) -> None:
        self._splices.append((start, end, new))

    def _fill(self, element: Element, inner: bytes) -> None:
        if element.is_empty:
            opened = self._data[element.start : element.end - 2].rstrip()
            self._splice(
                element.start, element.end, opened + b">" + inner + b"</" + element.tag + b">"
            )
        else:
            self._splice(element.inner_start, element.inner_end, inner)

    def _item(self, like: Element, value: str, *, language: bool = False) -> bytes:
        attribute = b' xml:lang="x-default"' if language else b""
        return b"<%b%b>%b</%b>" % (like.tag, attribute, _escaped(value), like.tag)

    def _gap(self, element: Element) -> bytes:
        return self._data[self._space_before(element.start) : element.start]

    def _gap_of(self, attribute: Attribute) -> bytes:
        text = self._data[attribute.start : attribute.end]
        return text[: len(text) - len(text.lstrip())]

    def _space_before(self, at: int) -> int:
        match = _SPACE_BEFORE.search(self._data, max(0, at - 4096), at)
        return at if match is None else match.start()

    # ------------------------------------------------------------ new properties

    def _add_simple(self, name: Name, value: str) -> None:
        if self._writes_elements():
            self._elements.append((name, "", (value,)))
        else:
            self._attributes[name] = _escaped(value, self._quote())

    def _home(self) -> Element | None:
        """Return the description that takes what is new."""
        descriptions = self._packet.descriptions
        return descriptions[0] if descriptions else None

    def _writes_elements(self) -> bool:
        """Return whether this packet spells simple properties as elements."""
        return not any(
            _is_property(one.name) for each in self._packet.descriptions for one in each.attributes
        ) and any(
            not child.children and child.text.strip()
            for each in self._packet.descriptions
            for child in each.children
        )

    def _quote(self) -> bytes:
        home = self._home() or self._packet.rdf
        return home.attributes[0].quote if home.attributes else b'"'

    def _tag(self, name: Name) -> bytes:
        space, local = name
        home = self._home() or self._packet.rdf
        known = {uri: prefix for prefix, uri in {**home.spaces, **self._new_spaces}.items()}
        prefix = known.get(space)
        if not prefix:
            taken = set(home.spaces) | set(self._new_spaces)
            wanted = PREFIXES[space]
            choices = (f"{wanted}{number or ''}" for number in range(1000))
            prefix = next(choice for choice in choices if choice not in taken)
            self._new_spaces[prefix] = space
        return f"{prefix}:{local}".encode()

    def _rdf(self, local: str) -> bytes:
        return self._tag((RDF, local))

    def _place(self) -> None:
        """Put the new properties into the first description, or into a new one."""
        if not self._attributes and not self._elements:
            return
        layout = _Layout(self._packet, self._home())
        quote = self._quote()
        attributes = [(self._tag(name), value) for name, value in self._attributes.items()]
        elements = [self._built(layout, *one) for one in self._elements]
        spaces = [(f"xmlns:{p}".encode(), uri.encode()) for p, uri in self._new_spaces.items()]
        inner = b"".join(layout.line(1) + element for element in elements)
        home = self._home()
        if home is None:
            self._place_description(layout, [*spaces, *attributes], inner)
            return
        names = [one for one in home.attributes if one.name[0] == "xmlns"]
        at = home.attributes[-1].end if home.attributes else home.start + 1 + len(home.tag)
        spaces_at = names[-1].end if names else at
        if spaces:
            gap = self._gap_of(names[-1]) if names else b" "
            self._splice(spaces_at, spaces_at, _joined(spaces, gap, quote))
        if attributes:
            last = next((a for a in reversed(home.attributes) if _is_property(a.name)), None)
            like = last or (home.attributes[-1] if home.attributes else None)
            gap = b" " if like is None else self._gap_of(like)
            self._splice(at, at, _joined(attributes, gap, quote))
        if not inner:
            return
        if home.is_empty:
            close = home.end - 2
            start = self._space_before(close)
            end = layout.line(0) + b"</" + home.tag + b">"
            self._splice(max(start, at), home.end, b">" + inner + end)
        else:
            where = home.children[-1].end if home.children else home.inner_start
            ending = b"" if home.children or self._data[where : home.inner_end] else layout.line(0)
            self._splice(where, where, inner + ending)

    def _place_description(
        self, layout: _Layout, attributes: list[tuple[bytes, bytes]], inner: bytes
    ) -> None:
        quote = self._quote()
        tag = self._rdf("Description")
        about = (self._rdf("about"), b"")
        start = b"<" + tag + _joined([about, *attributes], b" ", quote)
        end = b"/>" if not inner else b">" + inner + layout.line(0) + b"</" + tag + b">"
        rdf = self._packet.rdf
        gap = layout.line(-1) if not rdf.is_empty and not rdf.text.strip(" \t") else b""
        self._fill(rdf, layout.line(0) + start + end + (gap or layout.line(-1)))

    def _built(self, layout: _Layout, name: Name, kind: str, values: Sequence[str]) -> bytes:
        """Return a new property as an element, its first line without indentation."""
        tag = self._tag(name)
        if not kind:
            return b"<%b>%b</%b>" % (tag, _escaped(values[0]), tag)
        container, item = self._rdf(kind), self._rdf("li")
        language = b" xml:lang=" + self._quote() + b"x-default" + self._quote()
        items = b"".join(
            layout.line(3)
            + b"<%b%b>%b</%b>" % (item, language if kind == "Alt" else b"", _escaped(value), item)
            for value in values
        )
        return b"".join(
            (
                *(b"<", tag, b">", layout.line(2), b"<", container, b">", items),
                *(layout.line(2), b"</", container, b">", layout.line(1), b"</", tag, b">"),
            )
        )


class _Layout:
    """How a packet breaks and indents its lines; level 0 is that of its descriptions."""

    def __init__(self, packet: Packet, home: Element | None) -> None:
        data = packet.data
        self._end = b""
        if b"\n" in data:
            self._end = b"\r\n" if b"\r\n" in data else b"\n"
        outer = _indent(data, packet.rdf.start)
        self._base = outer + b" " if home is None else _indent(data, home.start)
        self._step = b" "
        if home is not None and home.children:
            inner = _indent(data, home.children[0].start)
            if inner.startswith(self._base) and inner != self._base:
                self._step = inner[len(self._base) :]
        elif self._base.startswith(outer) and self._base != outer:
            self._step = self._base[len(outer) :]
        if self._base.startswith(b"\t"):
            self._step = b"\t"

    def line(self, level: int) -> bytes:
        """Return the line break and indentation before something at *level*."""
        if not self._end:
            return b""
        if level < 0:
            return self._end + self._base.removesuffix(self._step)
        return self._end + self._base + self._step * level


def _indent(data: bytes, at: int) -> bytes:
    """Return the white space between the beginning of the line and *at*."""
    line = data[data.rfind(b"\n", 0, at) + 1 : at]
    return line if not line.strip() else b""


def _joined(attributes: Iterable[tuple[bytes, bytes]], gap: bytes, quote: bytes) -> bytes:
    return b"".join(gap + name + b"=" + quote + value + quote for name, value in attributes)


def _is_property(name: Name) -> bool:
    return name[0] not in ("", "xmlns", RDF, XML)


def _language(item: Element) -> str:
    attribute = item.attribute(_LANGUAGE)
    return "" if attribute is None else attribute.value


def _escaped(text: str, quote: bytes = b"") -> bytes:
    """Return *text* for XML; characters that XML cannot hold are left out."""
    text = _NOT_XML.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if quote:
        text = text.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
        text = text.replace('"', "&quot;") if quote == b'"' else text.replace("'", "&apos;")
    return text.encode("utf-8")
