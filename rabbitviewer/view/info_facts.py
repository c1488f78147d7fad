"""What is known of a photo, put into groups and words that a photographer reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from daemon.protocol.messages import PhotoInfo
from rabbitviewer.words import file_name, folder_name

_DATE_LENGTH = 19
_MOST_LINES = 200
_MARKS = ("rating", "label", "keywords", "title")

_TOGETHER = "\u00a0"

Line = tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Facts:
    """A photo in words.

    Attributes:
        name: Of the file.
        summary: Size and format in one line.
        taken: When.
        camera: Maker and model.
        lens: Its name.
        exposure: Time, aperture, sensitivity and focal length in one line.
        position: Latitude and longitude in degrees; None: unknown.
        groups: Headings with their lines.
        rest: Metadata that has no place of its own.
    """

    name: str = ""
    summary: str = ""
    taken: str = ""
    camera: str = ""
    lens: str = ""
    exposure: str = ""
    position: tuple[float, float] | None = None
    groups: tuple[tuple[str, tuple[Line, ...]], ...] = ()
    rest: tuple[Line, ...] = ()


class _Recipe(msgspec.Struct):
    """What of an embedded recipe is shown."""

    prompt: str
    workflow: str
    seed: int
    strength: float = 1.0
    ai: bool = False


def _tr(text: str) -> str:
    return QCoreApplication.translate("Info", text)


def facts_of(info: PhotoInfo) -> Facts:
    """Return a photo in words."""
    left = {name: text for name, text in info.metadata.items() if name not in _MARKS}
    size = f"{info.width_px} × {info.height_px}"
    megapixels = info.width_px * info.height_px / 1e6
    pixels = f"{size} ({megapixels:.1f} MP)" if megapixels >= 0.1 else size
    bytes_words = _size_words(info.size_bytes)
    exposure = [left.pop(name, "") for name in ("exposure", "f_number", "iso", "focal_length")]
    if exposure[2]:
        exposure[2] = _tr("ISO {value}").format(value=exposure[2])
    groups: list[tuple[str, tuple[Line, ...]]] = []
    taken, camera, lens = (left.pop(name, "") for name in ("date_taken", "camera", "lens"))
    position = _position(left.pop("gps", ""))
    recipe = _recipe_lines(left.pop("recipe", ""))
    if recipe:
        groups.append((_tr("Made with RabbitViewer"), recipe))
    for title, names in _groups():
        lines = tuple((words, left.pop(name)) for name, words in names if left.get(name))
        if lines:
            groups.append((title, lines))
    groups += [
        (_tr("Picture"), _picture_lines(info, pixels)),
        (
            _tr("File"),
            (
                (_tr("Name"), file_name(info.path)),
                (_tr("Folder"), folder_name(info.path)),
                (_tr("Size"), bytes_words),
            ),
        ),
    ]
    return Facts(
        name=file_name(info.path),
        summary=" · ".join((size, info.format.upper(), bytes_words)),
        taken=_date(taken),
        camera=camera,
        lens=lens,
        exposure=" · ".join(part.replace(" ", _TOGETHER) for part in exposure if part),
        position=position,
        groups=tuple(groups),
        rest=tuple(left.items())[:_MOST_LINES],
    )


def shared_facts(infos: Sequence[PhotoInfo]) -> Facts:
    """Return what several photos have in common; ``mixed`` stands where they differ."""
    every = [facts_of(info) for info in infos]
    mixed = _tr("mixed")

    def same(values: Sequence[str]) -> str:
        return values[0] if len(set(values)) == 1 else mixed

    total = _size_words(sum(info.size_bytes for info in infos))
    pixels = same([f"{info.width_px} × {info.height_px}" for info in infos])
    formats = " + ".join(sorted({info.format.upper() for info in infos}))
    positions = {one.position for one in every}
    cameras, lenses = ([getattr(one, name) for one in every] for name in ("camera", "lens"))
    lines = (
        (_tr("Camera"), same(cameras)),
        (_tr("Lens"), same(lenses)),
        (_tr("Taken"), same([one.taken for one in every])),
        (_tr("Exposure"), same([one.exposure for one in every])),
        (_tr("Pixels"), pixels),
        (_tr("Folder"), same([folder_name(info.path) for info in infos])),
    )
    return Facts(
        summary=" · ".join((formats, total)),
        position=positions.pop() if len(positions) == 1 else None,
        groups=((_tr("In common"), tuple(line for line in lines if line[1])),),
    )


def position_words(position: tuple[float, float]) -> str:
    """Return a position as maps write it."""
    latitude, longitude = position
    north = _tr("N") if latitude >= 0 else _tr("S")
    east = _tr("E") if longitude >= 0 else _tr("W")
    return f"{abs(latitude):.5f}° {north}, {abs(longitude):.5f}° {east}"


def _picture_lines(info: PhotoInfo, pixels: str) -> tuple[Line, ...]:
    bits = _tr("{bits} bit").format(bits=info.bit_depth)
    alpha = _tr("with transparency") if info.has_alpha else ""
    return (
        (_tr("Format"), info.format.upper()),
        (_tr("Pixels"), pixels),
        (_tr("Depth"), ", ".join(part for part in (bits, alpha) if part)),
        (_tr("Colours"), info.icc_description or _space_name(info.color_space)),
    )


def _recipe_lines(text: str) -> tuple[Line, ...]:
    """Say in words how a result was made; nothing where the recipe is not ours."""
    try:
        recipe = msgspec.json.decode(text, type=_Recipe)
    except msgspec.MsgspecError:
        return ()
    return (
        (_tr("Prompt"), recipe.prompt),
        (_tr("Workflow"), recipe.workflow),
        (_tr("Strength"), f"{recipe.strength * 100:.0f} %"),
        (_tr("Seed"), str(recipe.seed)),
        (_tr("AI"), _tr("Yes") if recipe.ai else _tr("No")),
    )


def _groups() -> list[tuple[str, list[Line]]]:
    """Headings, and under each the names of the metadata with their titles."""
    camera = [
        ("exposure_bias", _tr("Bias")),
        ("program", _tr("Program")),
        ("metering", _tr("Metering")),
        ("flash", _tr("Flash")),
        ("white_balance", _tr("White balance")),
        ("focal_length_35", _tr("As 35 mm")),
        ("serial", _tr("Serial no.")),
        ("software", _tr("Software")),
    ]
    described = [
        ("caption", _tr("Caption")),
        ("headline", _tr("Headline")),
        ("creator", _tr("Creator")),
        ("credit", _tr("Credit")),
        ("copyright", _tr("Copyright")),
        ("instructions", _tr("Instructions")),
        ("location", _tr("Location")),
        ("city", _tr("City")),
        ("state", _tr("State")),
        ("country", _tr("Country")),
        ("altitude", _tr("Altitude")),
        ("iptc_keywords", _tr("IPTC keywords")),
        ("digital_source_type", _tr("Source")),
    ]
    return [(_tr("Description"), described), (_tr("Shooting"), camera)]


def _position(text: str) -> tuple[float, float] | None:
    """Read a position; cameras without a fix write 0, 0, which is no place."""
    latitude, comma, longitude = text.partition(",")
    try:
        found = float(latitude), float(longitude)
    except ValueError:
        return None
    known = bool(comma) and any(found) and abs(found[0]) <= 90 and abs(found[1]) <= 180
    return found if known else None


def _size_words(size_bytes: int) -> str:
    """Say how large a file is, in the units cameras and file managers use."""
    return QLocale().formattedDataSize(size_bytes, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def _date(value: str) -> str:
    """Return a time as the user's country writes it."""
    taken = QDateTime.fromString(value[:_DATE_LENGTH], "yyyy-MM-dd HH:mm:ss")
    return QLocale().toString(taken, QLocale.FormatType.ShortFormat) if taken.isValid() else value


def _space_name(space: str) -> str:
    names = {
        "srgb": "sRGB",
        "adobe-rgb": "Adobe RGB",
        "display-p3": "Display P3",
        "prophoto": "ProPhoto RGB",
    }
    return names.get(space, space)
