"""What there is to know about a photo, read without decoding its pixels."""

from __future__ import annotations

from daemon.decode import icc as icc_profiles
from daemon.decode import iptc, shooting, xmp
from daemon.decode.exif import Directory, Exif
from daemon.decode.model import Facts, Metadata
from daemon.decode.orientation import swaps_sides
from daemon.decode.source import DECODER_ERRORS, Source, open_source
from daemon.tasks import PhotoInfoRead

_HEAD_BYTES = 4 << 20
_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_FROM_XMP = {
    (_DC, "title"): "title",
    (_DC, "description"): "caption",
    (_DC, "creator"): "creator",
    (_DC, "rights"): "copyright",
    (_DC, "subject"): "keywords",
    (_XMP, "Rating"): "rating",
    (_XMP, "Label"): "label",
    (_PHOTOSHOP, "City"): "city",
    (_PHOTOSHOP, "State"): "state",
    (_PHOTOSHOP, "Country"): "country",
    (_PHOTOSHOP, "Headline"): "headline",
    (_PHOTOSHOP, "Credit"): "credit",
    (_PHOTOSHOP, "Instructions"): "instructions",
    (_IPTC_CORE, "Location"): "location",
    (xmp.IPTC_EXTENSION, "DigitalSourceType"): "digital_source_type",
    (xmp.RV, "recipe"): "recipe",
}


def read_info(path: bytes) -> PhotoInfoRead:
    """Return the facts of a photo; sizes are those of the upright picture.

    Raises:
        RabbitError: ``not_found``, ``not_a_photo``, ``unreadable``, ...
    """
    with open_source(path) as source:
        try:
            facts = _READERS[source.format](source)
            source.check_size(facts.width_px, facts.height_px)
        except DECODER_ERRORS as error:
            raise source.damaged(f"{type(error).__name__}: {error}") from error
        return _answer(source, facts)


def _answer(source: Source, facts: Facts) -> PhotoInfoRead:
    width, height = facts.width_px, facts.height_px
    if swaps_sides(facts.orientation):
        width, height = height, width
    icc = facts.icc
    space = icc_profiles.identify(icc)
    if icc is None and Exif.of(facts.metadata.exif).is_adobe_rgb:
        space = "adobe-rgb"
    return PhotoInfoRead(
        format=source.format,
        width_px=width,
        height_px=height,
        size_bytes=source.size_bytes,
        bit_depth=facts.bit_depth,
        channels=facts.channels,
        color_space=space,
        icc_description=icc_profiles.description(icc) if icc else "",
        orientation=facts.orientation,
        has_alpha=facts.has_alpha,
        metadata=described(facts.metadata),
        notes=facts.notes,
    )


def described(metadata: Metadata) -> dict[str, str]:
    """Return metadata as people read it, by our names; XMP before IPTC before EXIF."""
    found: dict[str, str] = {}
    if metadata.xmp:
        for name, value in xmp.properties(metadata.xmp).items():
            if name in _FROM_XMP:
                found[_FROM_XMP[name]] = value
    for name, value in iptc.fields(metadata.iptc).items():
        found.setdefault(name, value)
    for name, value in _described_exif(Exif.of(metadata.exif)).items():
        found.setdefault(name, value)
    return {name: value for name, value in found.items() if value}


def _described_exif(exif: Exif) -> dict[str, str]:
    main, photo = exif.main, exif.photo
    make, model = exif.text(271, main), exif.text(272, main)
    camera = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    rating = exif.number(18246, main)
    return {
        "camera": camera,
        "lens": exif.text(42036, photo),
        "date_taken": _date(exif.text(36867, photo) or exif.text(306, main)),
        "exposure": _exposure(exif.number(33434, photo)),
        "f_number": _with_unit(exif.number(33437, photo), "f/{:g}", 1),
        "iso": _with_unit(exif.number(34855, photo), "{:g}", 0),
        "focal_length": _with_unit(exif.number(37386, photo), "{:g} mm", 1),
        "rating": "" if rating is None else f"{rating:g}",
        "title": exif.text(40091, main),
        "caption": exif.text(270, main),
        "creator": exif.text(315, main),
        "copyright": exif.text(33432, main),
        "software": exif.text(305, main),
        "gps": _position(exif, exif.gps),
        **shooting.described(exif),
    }


def _date(text: str) -> str:
    day, _, time = text.partition(" ")
    return f"{day.replace(':', '-')} {time}".strip() if len(day) == 10 else text


def _exposure(seconds: float | None) -> str:
    if seconds is None or seconds <= 0:
        return ""
    return f"1/{round(1 / seconds)} s" if seconds < 0.3 else f"{seconds:g} s"


def _with_unit(value: float | None, pattern: str, digits: int) -> str:
    return "" if value is None or value <= 0 else pattern.format(round(value, digits))


def _position(exif: Exif, gps: Directory) -> str:
    parts: list[str] = []
    for reference, tag in ((1, 2), (3, 4)):
        entry = gps.entries.get(tag)
        values = exif.numbers(entry) if entry else ()
        if len(values) != 3:
            return ""
        degrees = values[0] + values[1] / 60 + values[2] / 3600
        sign = -1 if exif.text(reference, gps) in ("S", "W") else 1
        parts.append(f"{sign * degrees:.6f}")
    return ", ".join(parts)


def _jpeg(source: Source) -> Facts:
    from daemon.decode.jpeg_header import read_header

    header = read_header(source.read_at(0, _HEAD_BYTES))
    return Facts(
        *(header.width_px, header.height_px, header.precision, header.components),
        *(header.icc, header.orientation, False, header.metadata),
    )


def _png(source: Source) -> Facts:
    from daemon.decode.exif import orientation_of
    from daemon.decode.png_chunks import read_header

    header = read_header(source.read_at)
    return Facts(
        *(header.width_px, header.height_px, header.bit_depth, header.channels),
        *(header.icc, orientation_of(header.exif), header.has_alpha, header.metadata),
    )


def _tiff(source: Source) -> Facts:
    import tifffile

    from daemon.decode import tiff_pixels

    source.file.seek(0)
    with tifffile.TiffFile(source.file, name="photo.tif") as tif:
        page = tif.pages.first
        return Facts(
            *(page.imagewidth, page.imagelength, page.bitspersample, page.samplesperpixel),
            *(page.iccprofile, tiff_pixels.orientation(source)),
            has_alpha=tiff_pixels.alpha_channel(page) is not None,
            metadata=tiff_pixels.read_metadata(source),
        )


def _webp(source: Source) -> Facts:
    from daemon.decode.exif import orientation_of
    from daemon.decode.webp_file import read_header

    header = read_header(source.read_all())
    return Facts(
        header.width_px,
        header.height_px,
        channels=4 if header.has_alpha else 3,
        icc=header.icc,
        orientation=orientation_of(header.exif),
        has_alpha=header.has_alpha,
        metadata=Metadata(header.exif, header.xmp),
    )


def _modern(source: Source) -> Facts:
    from daemon.decode import modern_pixels

    readers = {
        "heic": modern_pixels.heic_facts,
        "avif": modern_pixels.avif_facts,
        "jxl": modern_pixels.jxl_facts,
    }
    return readers[source.format](source)


def _raw(source: Source) -> Facts:
    from daemon.decode.icc import profile_for
    from daemon.decode.raw_pixels import opened, orientation, read_metadata

    metadata = read_metadata(source)
    with opened(source) as raw:
        size, turn = (raw.sizes.width, raw.sizes.height), orientation(raw)
    return Facts(
        *size, bit_depth=16, icc=profile_for("display-p3"), orientation=turn, metadata=metadata
    )


def _plain(source: Source) -> Facts:
    from daemon.decode.plain_pixels import plain_facts

    return plain_facts(source)


def _video(source: Source) -> Facts:
    from daemon.decode.video import poster_frame
    from daemon.decode.video_header import video_size

    width, height = video_size(source)
    if not width or not height:
        height, width = poster_frame(source).shape[:2]
    return Facts(width, height, notes=("This is a video, shown by one of its frames.",))


_READERS = {
    "jpeg": _jpeg,
    "png": _png,
    "tiff": _tiff,
    "webp": _webp,
    "heic": _modern,
    "avif": _modern,
    "jxl": _modern,
    "raw": _raw,
    "gif": _plain,
    "bmp": _plain,
    "video": _video,
}
