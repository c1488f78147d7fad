"""How a photo was taken, in words: what EXIF writes as numbers of a list (EXIF 2.32, 4.6.5)."""

from __future__ import annotations

from daemon.decode.exif import Directory, Exif

_PROGRAMS = {
    1: "manual",
    2: "program",
    3: "aperture priority",
    4: "shutter priority",
    5: "creative",
    6: "action",
    7: "portrait",
    8: "landscape",
}
_METERING = {
    1: "average",
    2: "centre-weighted",
    3: "spot",
    4: "multi-spot",
    5: "multi-segment",
    6: "partial",
}
_FIRED, _NO_FLASH = 1, 32


def described(exif: Exif) -> dict[str, str]:
    """Return the settings of the camera, by our names; those that it did not write are left out."""
    photo = exif.photo
    bias = exif.number(37380, photo)
    found = {
        "exposure_bias": "" if bias is None else f"{bias:+.2g} EV" if bias else "0 EV",
        "program": _word(exif, photo, 34850, _PROGRAMS),
        "metering": _word(exif, photo, 37383, _METERING),
        "flash": _flash(exif.number(37385, photo)),
        "white_balance": _word(exif, photo, 41987, {0: "automatic", 1: "set by hand"}),
        "focal_length_35": _millimetres(exif.number(41989, photo)),
        "serial": exif.text(42033, photo),
        "altitude": _altitude(exif, exif.gps),
    }
    return {name: text for name, text in found.items() if text}


def _word(exif: Exif, directory: Directory, tag: int, words: dict[int, str]) -> str:
    value = exif.number(tag, directory)
    return "" if value is None else words.get(int(value), "")


def _flash(value: float | None) -> str:
    if value is None or int(value) & _NO_FLASH:
        return ""
    return "fired" if int(value) & _FIRED else "did not fire"


def _millimetres(value: float | None) -> str:
    return f"{value:g} mm" if value else ""


def _altitude(exif: Exif, gps: Directory) -> str:
    metres = exif.number(6, gps)
    if metres is None:
        return ""
    below = exif.number(5, gps) == 1
    return f"{-metres if below else metres:.0f} m"
