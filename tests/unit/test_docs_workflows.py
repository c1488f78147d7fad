"""docs/workflows.md says everything that a manifest may hold."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from daemon.comfyui.manifest import (
    Binding,
    Manifest,
    Output,
    Parameter,
    Requires,
    parse_manifest,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "workflows.md").read_text(encoding="utf-8")
FIELDS = [
    field.encode_name
    for kind in (Manifest, Requires, Binding, Parameter, Output)
    for field in msgspec.structs.fields(kind)
]


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_of_a_manifest_is_documented(name: str) -> None:
    assert re.search(rf"(`|\b){name}(`|:)", PAGE)


def test_the_example_on_the_page_is_a_manifest() -> None:
    example = PAGE.partition("```yaml\n")[2].partition("```")[0]
    assert parse_manifest(example.encode(), "example.yaml").operation == "color_grade"
