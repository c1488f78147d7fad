"""``-o OUT`` and ``--cube OUT``: usage checked before anything runs, paths made absolute.

The daemon resolves names: an absolute file, a folder (it ends with a separator), or a pattern with
``{stem}`` and ``{operation}``.
"""

from __future__ import annotations

import os
import re

from daemon.protocol.formats import WRITABLE_EXTENSIONS
from daemon.protocol.messages import WirePath

_FIELDS = ("{stem}", "{operation}")
_GRADE = "color_grade"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}")


class UsageError(Exception):
    """The command was typed wrongly; exit code 2."""


def output_target(out: str | None, photos: int) -> WirePath:
    """Return ``-o`` as the daemon takes it; empty: beside the original.

    Args:
        out: What was typed.
        photos: How many photos share it.

    Raises:
        UsageError: several photos and one file, an extension that cannot be written, ``..`` in a
            pattern, or a field that nobody fills.
    """
    if out is None:
        return WirePath()
    _check_pattern(out, "-o")
    ending = ending_of(out)
    if "{" not in out and _is_folder(out, ending, photos):
        return WirePath.of(os.path.join(os.path.abspath(out), ""))  # noqa: PTH118, PTH100
    if ending and ending.lower() not in WRITABLE_EXTENSIONS:
        known = ", ".join(sorted(WRITABLE_EXTENSIONS))
        raise UsageError(f"-o {out}: {ending} cannot be written; use one of {known}")
    if photos > 1 and "{stem}" not in out:
        raise UsageError(f"-o {out}: several photos need a folder or a pattern with {{stem}}")
    return WirePath.of(os.path.abspath(out))  # noqa: PTH100


def cube_target(cube: str | None, photo: str, photos: int) -> WirePath:
    """Return the ``.cube`` of ``--cube`` for one photo as an absolute path; empty: none is wanted.

    Raises:
        UsageError: as for :func:`output_target`; the extension must be ``.cube``.
    """
    if cube is None:
        return WirePath()
    return _lut_path(cube, photo, photos, "--cube", (".cube",))


def lut_target(lut: str, source: str, *, option: str) -> WirePath:
    """Return the LUT file that *option* names, ``.cube`` or ``.png`` (Hald CLUT), made of *source*.

    Raises:
        UsageError: as for :func:`cube_target`.
    """
    return _lut_path(lut, source, 1, option, (".cube", ".png"))


def _lut_path(
    cube: str, photo: str, photos: int, option: str, endings: tuple[str, ...]
) -> WirePath:
    _check_pattern(cube, option)
    ending = ending_of(cube)
    stem = os.path.splitext(os.path.basename(photo))[0]  # noqa: PTH119, PTH122
    if "{" not in cube and _is_folder(cube, ending, photos):
        cube = os.path.join(cube, "{stem}.cube")  # noqa: PTH118
    elif ending and ending.lower() not in endings:
        known = " or ".join(endings)
        raise UsageError(f"{option} {cube}: the file must end with {known}")
    elif not ending:
        cube += ".cube"
    if photos > 1 and "{stem}" not in cube:
        raise UsageError(
            f"{option} {cube}: several photos need a folder or a pattern with {{stem}}"
        )
    filled = cube.replace("{operation}", _GRADE).replace("{stem}", stem)
    return WirePath.of(os.path.abspath(filled))  # noqa: PTH100


def absolute(path: str) -> WirePath:
    """Return *path* as the daemon takes it."""
    return WirePath.of(os.path.abspath(path))  # noqa: PTH100


def _check_pattern(out: str, option: str) -> None:
    if not out:
        raise UsageError(f"{option} needs a file, a folder or a pattern")
    if "{" not in out:
        return
    rest = out
    for field in _FIELDS:
        rest = rest.replace(field, "")
    if "{" in rest or "}" in rest:
        raise UsageError(f"{option} {out}: a pattern knows {{stem}} and {{operation}} only")
    if ".." in re.split(r"[/\\]" if os.name == "nt" else "/", out):
        raise UsageError(f"{option} {out}: a pattern may not leave its folder; leave out '..'")


def ending_of(out: str) -> str:
    """Return the extension of *out*, empty without one."""
    ending = os.path.splitext(out)[1]  # noqa: PTH122
    return ending if _ENDING.fullmatch(ending) else ""


def _is_folder(out: str, ending: str, photos: int) -> bool:
    if out.endswith((os.sep, "/")) or os.path.isdir(out):  # noqa: PTH112
        return True
    return photos > 1 and not ending
