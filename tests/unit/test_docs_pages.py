from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_dependency_has_its_line_and_no_other_does() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    named = {re.split(r"[\[<>=]", line)[0] for line in wanted}
    described = set(re.findall(r"^\| ([\w.-]+) \|", read(ROOT / "docs/dependencies.md"), re.M))
    assert described - {"package"} == named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:daemon|rabbitviewer|config|comfyui_workflows|docs|tests|benchmarks)/[\w./-]+\.\w+)`",
        read(page),
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", read(page))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_setting_that_a_page_names_exists() -> None:
    from daemon.settings_check import value_types

    known = {f"{part}.{leaf}" for part, leaves in value_types().items() for leaf in leaves}
    sections = "|".join(value_types())
    text = "\n".join(read(page) for page in PAGES)
    named = set(re.findall(rf"`((?:{sections})\.[a-z_]+)(?::[^`]*)?`", text))
    assert (
        named
        - known
        - {"config.yaml", "daemon.sock", "daemon.json", "daemon.log", "daemon.protocol"}
        == set()
    )


def test_the_readme_names_exactly_what_apt_installs() -> None:
    script = read(ROOT / ".ci" / "system-packages")
    wanted = script.split('wanted="', 1)[1].split('"', 1)[0].split()
    line = read(ROOT / "README.md").split("--no-install-recommends ", 1)[1].split("\n```", 1)[0]
    assert sorted(line.replace("\\\n", " ").split()) == sorted(["python3-venv", *wanted])
