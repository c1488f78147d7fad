"""A list of mappings in a YAML text, changed in place: whatever is not changed keeps every letter.

Only places are taken from the parsed tree; what is written is cut into the text itself. Whoever
writes the outcome reads it again first and compares: a text laid out in a way that is not foreseen
here is then left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import yaml

Plain = str | int | float | bool | dict[str, str]
_Edit = tuple[int, int, str]
# What YAML does not allow, and what it takes for the end of a line inside quotes (U+2028).
_UNSEEN = re.compile(
    r"[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_COMMENT = re.compile(r"#[^\n]*")


class ListText:
    """The list under ``section.key`` in one YAML text."""

    def __init__(self, text: str, section: str, key: str) -> None:
        """Find the list.

        Args:
            text: YAML, known to be sound, without anchors.
            section: A key of the top level.
            key: A key below it.
        """
        self._text = text
        self._section, self._key = section, key
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._section_pair = _pair(yaml.compose(text, Loader=yaml.SafeLoader), section)
        self._pair = _pair(self._section_pair[1], key) if self._section_pair else None

    def add(self, item: Mapping[str, Plain]) -> str:
        """Return the text with *item* at the end of the list, which is made where there is none."""
        found = self._pair[1] if self._pair else None
        if not isinstance(found, yaml.SequenceNode):
            return self._begin(item)
        if not found.value:
            return self._fill(found, item)
        if found.flow_style:
            return self._apply([self._flow_insert(found, flow_mapping(item))])
        indent = " " * found.start_mark.column
        return self._apply([self._lines_after(_end(found), _item_lines(indent, item))])

    def replace(self, index: int, changes: Mapping[str, Plain]) -> str:
        """Return the text with some keys of item *index* changed or added."""
        return self._apply(self._changes(self._items()[index], changes))

    def remove(self, index: int) -> str:
        """Return the text without item *index*."""
        items, found = self._items(), self._list()
        if found.flow_style:
            return self._apply([_flow_removal(items, index)])
        dash = self._text.rindex("-", 0, items[index].start_mark.index)
        begin = self._text.rfind("\n", 0, dash) + 1
        edits: list[_Edit] = [(begin, self._line_end(_end(items[index])), "")]
        if len(items) == 1 and self._pair is not None:
            colon = self._text.index(":", self._pair[0].end_mark.index) + 1
            edits.append((colon, colon, " []"))
        return self._apply(edits)

    def set_values(self, changes: Mapping[str, Plain]) -> str:
        """Return the text with keys beside the list changed or added."""
        node = self._section_pair[1] if self._section_pair else None
        if isinstance(node, yaml.MappingNode):
            return self._apply(self._changes(node, changes))
        return self._in_section([f"  {name}: {scalar(value)}" for name, value in changes.items()])

    def _list(self) -> yaml.SequenceNode:
        found = self._pair[1] if self._pair else None
        assert isinstance(found, yaml.SequenceNode)
        return found

    def _items(self) -> list[yaml.Node]:
        return list(self._list().value)

    def _begin(self, item: Mapping[str, Plain]) -> str:
        """Return the text with a list of one where there was none."""
        node = self._section_pair[1] if self._section_pair else None
        if self._pair is not None:
            return self._fill(self._pair[1], item)
        if isinstance(node, yaml.MappingNode) and node.flow_style:
            return self._apply([self._flow_insert(node, f"{self._key}: [{flow_mapping(item)}]")])
        if isinstance(node, yaml.MappingNode) and node.value:
            indent = " " * node.start_mark.column
            lines = [f"{indent}{self._key}:", *_item_lines(f"{indent}  ", item)]
            return self._apply([self._lines_after(_end(node), lines)])
        return self._in_section([f"  {self._key}:", *_item_lines("    ", item)])

    def _fill(self, empty: yaml.Node, item: Mapping[str, Plain]) -> str:
        """Return the text with *item* in a list that is empty or has no value at all."""
        assert self._pair is not None
        assert self._section_pair is not None
        begin, end = empty.start_mark.index, empty.end_mark.index
        section = self._section_pair[1]
        if isinstance(section, yaml.MappingNode) and section.flow_style:
            return self._apply([(begin, end, f" [{flow_mapping(item)}]")])
        indent = " " * (self._pair[0].start_mark.column + 2)
        blank = begin - len(self._text[:begin].rstrip(" "))
        return self._apply(
            [(begin - blank, end, ""), self._lines_after(end, _item_lines(indent, item))]
        )

    def _in_section(self, lines: list[str]) -> str:
        """Return the text with *lines* in a section that has nothing in it, or is not there."""
        if self._section_pair is None:
            lines = [f"{self._section}:", *lines]
            return self._apply([self._lines_after(len(self._text), lines)])
        empty = self._section_pair[1]
        return self._apply(
            [
                (empty.start_mark.index, empty.end_mark.index, ""),
                self._lines_after(empty.end_mark.index, lines),
            ]
        )

    def _changes(self, node: yaml.Node, changes: Mapping[str, Plain]) -> list[_Edit]:
        assert isinstance(node, yaml.MappingNode)
        edits: list[_Edit] = []
        added: dict[str, Plain] = {}
        for name, value in changes.items():
            pair = _pair(node, name)
            if pair is None:
                added[name] = value
                continue
            begin, end = pair[1].start_mark.index, _end(pair[1])
            edits.append((begin, end, scalar(value) if end > begin else f" {scalar(value)}"))
        if added and node.flow_style:
            edits.append(self._flow_insert(node, flow_mapping(added)[1:-1]))
        elif added:
            indent = " " * node.start_mark.column
            lines = [f"{indent}{name}: {scalar(value)}" for name, value in added.items()]
            edits.append(self._lines_after(_end(node), lines))
        return edits

    def _flow_insert(self, node: yaml.CollectionNode, content: str) -> _Edit:
        """Return the edit that puts *content* before the bracket that ends *node*."""
        at = node.end_mark.index - 1
        if not node.value:
            return (at, at, content)
        rest = _COMMENT.sub("", self._text[_end(_last(node)) : at])
        return (at, at, f" {content}" if "," in rest else f", {content}")

    def _lines_after(self, index: int, lines: Sequence[str]) -> _Edit:
        """Return the edit that puts *lines* after the line in which *index* is."""
        at = self._line_end(index)
        content = "".join(line + self._newline for line in lines)
        ended = at == 0 or self._text[at - 1] == "\n"
        return (at, at, content if ended else self._newline + content)

    def _line_end(self, index: int) -> int:
        if index and index == len(self._text):
            return index
        found = self._text.find("\n", index)
        return len(self._text) if found < 0 else found + 1

    def _apply(self, edits: list[_Edit]) -> str:
        text = self._text
        for begin, end, content in sorted(edits, key=lambda edit: edit[:2], reverse=True):
            text = text[:begin] + content + text[end:]
        return text


def scalar(value: Plain) -> str:
    """Return *value* as it is written in YAML, in blocks and in brackets alike."""
    if isinstance(value, dict):
        return flow_mapping(value)
    if isinstance(value, str):
        return _UNSEEN.sub(_escaped, json.dumps(value, ensure_ascii=False))
    return json.dumps(value)


def flow_mapping(item: Mapping[str, Plain]) -> str:
    """Return *item* in braces."""
    pairs = (f"{_key_text(name)}: {scalar(value)}" for name, value in item.items())
    return "{" + ", ".join(pairs) + "}"


def _item_lines(indent: str, item: Mapping[str, Plain]) -> list[str]:
    lines = [f"{indent}  {name}: {scalar(value)}" for name, value in item.items()]
    lines[0] = f"{indent}- {lines[0].lstrip()}"
    return lines


def _key_text(name: str) -> str:
    return name if re.fullmatch(r"[a-z][a-z_]*", name) else scalar(name)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _pair(node: yaml.Node | None, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((pair for pair in node.value if pair[0].value == key), None)


def _last(node: yaml.CollectionNode) -> yaml.Node:
    last = node.value[-1]
    return last[1] if isinstance(last, tuple) else last


def _end(node: yaml.Node) -> int:
    """Return where *node* ends; a block's own mark stands after the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        return _end(_last(node))
    if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
        return node.end_mark.index - 1
    return node.end_mark.index


def _flow_removal(items: list[yaml.Node], index: int) -> _Edit:
    """Return the edit that takes an item and one comma out of brackets."""
    if index + 1 < len(items):
        return (items[index].start_mark.index, items[index + 1].start_mark.index, "")
    begin = _end(items[index - 1]) if index else items[0].start_mark.index
    return (begin, items[index].end_mark.index, "")
