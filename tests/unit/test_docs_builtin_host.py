"""docs/builtin-host.md names the nodes that the built-in host has, and none that it has not."""

import re
from pathlib import Path

from daemon.builtin_host.nodes.catalogue import build_catalogue

PAGE = (Path(__file__).parents[2] / "docs" / "builtin-host.md").read_text("utf-8")


def named(heading):
    """The words in code style in the table's rows below a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return re.findall(r"`(\w+)`", "\n".join(rows))


def test_the_page_lists_every_node_once():
    assert sorted(named("The nodes")) == sorted(build_catalogue())


def test_what_the_page_says_is_left_out_is_not_there():
    assert len(named("What it leaves out")) > 20
    assert not set(named("What it leaves out")) & set(build_catalogue())
