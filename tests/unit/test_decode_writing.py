import io
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import simplejpeg
import tifffile
from PIL import Image, IptcImagePlugin

from daemon.decode import exif, jpeg_strips, xmp
from daemon.decode.icc import profile_for
from daemon.decode.jpeg_header import read_header
from daemon.decode.jpeg_tables import estimate_quality, standard_tables
from daemon.decode.model import Photo
from daemon.decode.parcel import Unfinished
from daemon.decode.photo import read_photo
from daemon.decode.writing import WrittenFile, write_photo
from daemon.protocol.errors import ErrorKind, RabbitError

EXTENSIONS = [".jpg", ".png", ".tif", ".webp"]
IPTC = b"\x1c\x02\x50\x00\x09Ada Smith\x1c\x02\x19\x00\x05coast"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"'
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:subject><rdf:Bag><rdf:li>coast</rdf:li><rdf:li>é</rdf:li></rdf:Bag></dc:subject>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
RECIPE = json.dumps({"prompt": 'warm <"cinematic"> & teal', "seed": 7})


@pytest.fixture
def original(tmp_path: Path) -> Photo:
    """An Adobe RGB JPEG that needs a quarter turn and says all that a photo can say."""
    rows, columns = np.mgrid[0:60, 0:80]
    pixels = np.stack([columns * 3, rows * 4, 255 - columns * 3], -1).astype(np.uint8)
    tags = Image.Exif()
    tags[271], tags[274] = "Rabbit", 6
    tags[0x8769] = {33434: 1 / 250, 37500: b"MAKER NOTE", 40962: 80, 40963: 60, 42036: "50 mm"}
    tags[0x8825] = {1: "N", 2: (48.0, 30.0, 0.0)}
    path = tmp_path / "original.jpg"
    data = io.BytesIO()
    Image.fromarray(pixels).save(
        data,
        "JPEG",
        exif=tags,
        xmp=XMP.encode(),
        icc_profile=profile_for("adobe-rgb"),
        quality=97,
        subsampling=0,
        dpi=(300, 300),
    )
    records = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0" + bytes([len(IPTC)]) + IPTC
    segment = b"\xff\xed" + (len(records) + 2).to_bytes(2) + records
    path.write_bytes(data.getvalue()[:2] + segment + data.getvalue()[2:])
    return read_photo(os.fsencode(path))


def write(
    folder: Path,
    photo: Photo,
    extension: str,
    pixels: np.ndarray | Unfinished | None = None,
    **options: object,
) -> tuple[Path, WrittenFile]:
    path = folder / f"result{extension}"
    kept = photo.pixels if pixels is None else pixels
    return path, write_photo(os.fsencode(path), kept, extension, source=photo, **options)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_profile_and_exif_are_kept_and_upright(
    extension: str, tmp_path: Path, original: Photo
) -> None:
    path, _ = write(tmp_path, original, extension)
    with Image.open(path) as result:
        result.load()
        tags = result.getexif()
        assert result.size == (60, 80)
        assert result.info["icc_profile"] == profile_for("adobe-rgb")
    assert tags[271] == "Rabbit"
    assert tags[274] == 1
    photo = tags.get_ifd(0x8769)
    assert (photo[40962], photo[40963]) == (60, 80)
    assert photo[33434] == pytest.approx(1 / 250)
    assert photo[42036] == "50 mm"
    assert photo[37500] == b"MAKER NOTE"
    assert tags.get_ifd(0x8825)[2] == (48.0, 30.0, 0.0)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_xmp_is_kept_and_tells_of_the_making(
    extension: str, tmp_path: Path, original: Photo
) -> None:
    path, _ = write(tmp_path, original, extension, recipe=RECIPE, ai=True)
    with Image.open(path) as result:
        packet = result.info["xmp"] if "xmp" in result.info else result.tag_v2[700]
    tree = ET.fromstring(packet.decode().strip("\0"))
    description = tree.find(".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert description is not None
    assert description.get("{http://ns.adobe.com/xap/1.0/}Rating") == "4"
    assert description.get("{http://ns.adobe.com/tiff/1.0/}Orientation") == "1"
    assert description.get(SOURCE_TYPE) == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    )
    assert [item.text for item in description.iter() if item.tag.endswith("}li")] == ["coast", "é"]
    assert xmp.recipe_of(read_photo(os.fsencode(path)).metadata.xmp) == RECIPE


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_without_a_model_the_source_type_says_algorithm(
    extension: str, tmp_path: Path, original: Photo
) -> None:
    path, _ = write(tmp_path, original, extension)
    assert b"digitalsourcetype/algorithmicallyEnhanced" in path.read_bytes()


@pytest.mark.parametrize("extension", [".jpg", ".tif"])
def test_iptc_is_readable_by_others(extension: str, tmp_path: Path, original: Photo) -> None:
    path, _ = write(tmp_path, original, extension)
    with Image.open(path) as result:
        found = IptcImagePlugin.getiptcinfo(result)
    assert found is not None
    assert found[2, 80] == b"Ada Smith"


def test_iptc_in_a_png_comes_back(tmp_path: Path, original: Photo) -> None:
    path, _ = write(tmp_path, original, ".png")
    assert read_photo(os.fsencode(path)).metadata.iptc == IPTC


@pytest.mark.parametrize("extension", [".png", ".tif"])
def test_lossless_formats_keep_every_pixel(extension: str, tmp_path: Path, original: Photo) -> None:
    path, _ = write(tmp_path, original, extension)
    with Image.open(path) as result:
        assert np.array_equal(np.asarray(result), original.pixels)


@pytest.mark.parametrize("extension", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_all_16_bits_and_alpha_are_kept(
    extension: str, channels: int, tmp_path: Path, original: Photo
) -> None:
    levels = np.arange(65536, dtype=np.uint16)
    deep = np.stack([np.roll(levels, 7000 * i) for i in range(channels)], -1)
    deep = deep.reshape(256, 256, channels)
    path, _ = write(tmp_path, original, extension, deep)
    assert np.array_equal(read_photo(os.fsencode(path)).pixels, deep)


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_tiff_stays_as_packed_as_it_was(compression: str | None, tmp_path: Path) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (300, 200, 3), dtype=np.uint16)
    source = tmp_path / "original.tif"
    tifffile.imwrite(source, deep, photometric="rgb", compression=compression, byteorder=">")
    path, _ = write(tmp_path, read_photo(os.fsencode(source)), ".tif")
    with tifffile.TiffFile(path) as result:
        assert result.pages.first.compression == (8 if compression else 1)
        assert np.array_equal(result.asarray(), deep)


def noisy(height: int, width: int) -> np.ndarray:
    """A photo's kind of picture: a gradient with noise."""
    rows, columns = np.mgrid[0:height, 0:width]
    smooth = np.stack([columns * 255 / width, rows * 255 / height, 128 + 0 * rows], -1)
    noise = np.random.default_rng(2).normal(0, 9, smooth.shape)
    return (smooth + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("sampling", ["444", "422", "420", "440", "411"])
@pytest.mark.parametrize("quality", [40, 75, 90, 95, 100])
def test_a_jpeg_keeps_its_sampling_and_its_tables(
    sampling: str, quality: int, tmp_path: Path
) -> None:
    source = tmp_path / "original.jpg"
    source.write_bytes(simplejpeg.encode_jpeg(noisy(64, 96), quality, colorsubsampling=sampling))
    path, _ = write(tmp_path, read_photo(os.fsencode(source)), ".jpg")
    header, before = read_header(path.read_bytes()), read_header(source.read_bytes())
    assert header.subsampling == sampling
    assert header.quantisation == before.quantisation == standard_tables(quality)


@pytest.mark.parametrize("sampling", [0, 1, 2])
def test_a_cameras_own_tables_are_kept(sampling: int, tmp_path: Path) -> None:
    tables = [
        [max(1, value + index % 5 - 2) for index, value in enumerate(table)]
        for table in standard_tables(93)
    ]
    source = tmp_path / "camera.jpg"
    Image.fromarray(noisy(64, 96)).save(source, "JPEG", qtables=tables, subsampling=sampling)
    path, _ = write(tmp_path, read_photo(os.fsencode(source)), ".jpg")
    with Image.open(path) as result, Image.open(source) as original:
        assert result.quantization == original.quantization
        assert result.layer == original.layer


def test_a_progressive_jpeg_keeps_its_tables_and_sampling(tmp_path: Path) -> None:
    source = tmp_path / "web.jpg"
    Image.fromarray(noisy(64, 96)).save(source, "JPEG", quality=82, progressive=True)
    path, _ = write(tmp_path, read_photo(os.fsencode(source)), ".jpg")
    header = read_header(path.read_bytes())
    assert (header.subsampling, header.quantisation) == ("420", standard_tables(82))


def test_a_gray_jpeg_stays_gray_while_no_pixel_has_a_colour(tmp_path: Path) -> None:
    source = tmp_path / "gray.jpg"
    Image.fromarray(noisy(64, 96)[..., 0]).save(source, "JPEG", quality=88)
    photo = read_photo(os.fsencode(source))
    path, _ = write(tmp_path, photo, ".jpg")
    with Image.open(path) as result:
        assert (result.mode, list(result.quantization)) == ("L", [0])
    toned = photo.pixels.copy()
    toned[..., 2] //= 2
    path, _ = write(tmp_path, photo, ".jpg", toned)
    with Image.open(path) as result:
        assert (result.mode, len(result.quantization)) == ("RGB", 2)
    assert estimate_quality(read_header(path.read_bytes()).luminance) == 88


def test_a_quality_that_is_set_leaves_the_sampling_alone(tmp_path: Path) -> None:
    source = tmp_path / "original.jpg"
    source.write_bytes(simplejpeg.encode_jpeg(noisy(64, 64), 80, colorsubsampling="422"))
    path, _ = write(tmp_path, read_photo(os.fsencode(source)), ".jpg", jpeg_quality=97)
    header = read_header(path.read_bytes())
    assert (header.subsampling, header.quantisation) == ("422", standard_tables(97))


@pytest.mark.parametrize(
    ("sampling", "own_tables"),
    [
        *itertools.product(["444", "422", "420", "440", "411", "gray"], [False]),
        *itertools.product(["444", "422", "420", "gray"], [True]),
    ],
)
def test_strips_decode_to_the_pixels_of_a_jpeg_coded_whole(
    sampling: str, own_tables: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = tuple(tuple(value + 1 for value in table) for table in standard_tables(90))
    tables = tables[: 1 if sampling == "gray" else 2] if own_tables else ()
    pixels = np.ascontiguousarray(noisy(203, 301)[..., : 1 if sampling == "gray" else 3])
    coding = jpeg_strips.JpegCoding(90, sampling, tables)
    whole = coding.encode(pixels)
    monkeypatch.setattr(jpeg_strips, "_STRIP_PX", 301 * 16)
    rows = coding.rows(301)
    strips = [coding.encode(pixels[top : top + rows]) for top in range(0, 203, rows)]
    joined = b"".join(jpeg_strips.join_strips(strips, 203, coding.interval(301)))
    assert len(strips) > 9
    with Image.open(io.BytesIO(joined)) as ours, Image.open(io.BytesIO(whole)) as expected:
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(expected))
    space = "GRAY" if sampling == "gray" else "RGB"
    np.testing.assert_array_equal(
        simplejpeg.decode_jpeg(joined, space), simplejpeg.decode_jpeg(whole, space)
    )


def test_no_strip_has_more_units_than_a_restart_interval_counts() -> None:
    coding = jpeg_strips.JpegCoding(90, "444")
    assert coding.interval(65500) <= 65535
    assert coding.rows(65500) % 8 == 0


@pytest.mark.parametrize("extension", [*EXTENSIONS, ".tiff"])
def test_rows_are_made_ready_once_and_in_time(extension: str, tmp_path: Path) -> None:
    pixels = noisy(1500, 1024)
    path = tmp_path / "original.png"
    Image.fromarray(pixels).save(path)
    photo = read_photo(os.fsencode(path))
    seen = np.zeros(1500, int)

    def darken(rows: slice) -> None:
        seen[rows] += 1
        photo.pixels[rows] //= 2

    growing = Unfinished(photo.pixels, darken)
    result, _ = write(tmp_path, photo, extension, growing, jpeg_quality=100)
    assert (seen == 1).all()
    loss = np.abs(read_photo(os.fsencode(result)).pixels.astype(int) - pixels // 2)
    assert loss.max() <= (6 if extension == ".jpg" else 0)


def test_lossless_webp_stays_lossless(tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    source = tmp_path / "original.webp"
    Image.fromarray(pixels).save(source, lossless=True)
    path, _ = write(tmp_path, read_photo(os.fsencode(source)), ".webp")
    with Image.open(path) as result:
        assert np.array_equal(np.asarray(result), pixels)


def test_the_ungraded_preview_is_not_carried_over(tmp_path: Path) -> None:
    preview = io.BytesIO()
    Image.new("RGB", (160, 120), "green").save(preview, "JPEG")
    block = exif_with_preview(preview.getvalue())
    source = tmp_path / "original.jpg"
    Image.new("RGB", (64, 48), "green").save(source, exif=b"Exif\0\0" + block)
    photo = read_photo(os.fsencode(source))
    assert exif.Exif.of(photo.metadata.exif).thumbnail == preview.getvalue()
    path, _ = write(tmp_path, photo, ".jpg")
    data = path.read_bytes()
    assert exif.Exif.of(read_header(data).exif).thumbnail == b""
    assert preview.getvalue()[100:300] not in data


def test_alpha_in_a_jpeg_stands_on_white_and_is_said_so(tmp_path: Path, original: Photo) -> None:
    clear = np.zeros((16, 16, 4), np.uint8)
    path, written = write(tmp_path, original, ".jpg", clear)
    assert read_photo(os.fsencode(path)).pixels.min() >= 254
    assert "no transparency" in written.notes[0]


def test_16_bits_in_a_jpeg_are_reduced_and_said_so(tmp_path: Path, original: Photo) -> None:
    deep = np.full((16, 16, 3), 128 * 257, np.uint16)
    path, written = write(tmp_path, original, ".jpg", deep)
    assert read_photo(os.fsencode(path)).pixels[8, 8].tolist() == [128, 128, 128]
    assert "8 bits" in written.notes[0]


def test_a_recipe_longer_than_a_segment_still_fits_a_jpeg(tmp_path: Path, original: Photo) -> None:
    recipe = json.dumps({"graph": "x" * 150_000})
    path, _ = write(tmp_path, original, ".jpg", recipe=recipe)
    header = read_header(path.read_bytes())
    assert b"HasExtendedXMP" in header.xmp
    whole = b"".join(part[40:] for part in header.xmp_extension)
    assert xmp.recipe_of(whole) == recipe
    with Image.open(path) as result:
        result.load()


def test_a_heic_becomes_a_16_bit_tiff_with_its_metadata(tmp_path: Path) -> None:
    photo = read_photo(os.fsencode(Path(__file__).parents[1] / "data/photos/phone.heic"))
    path, _ = write(tmp_path, photo, ".tiff")
    with tifffile.TiffFile(path) as result:
        page = result.pages.first
        assert page.dtype == np.uint16
        assert page.tags[271].value == "RabbitCam"
        assert page.tags[274].value == 1
        assert np.array_equal(page.asarray(), photo.pixels)


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path, original: Photo) -> None:
    with pytest.raises(RabbitError) as caught:
        write_photo(
            os.fsencode(tmp_path / "gone" / "x.jpg"), original.pixels, ".jpg", source=original
        )
    assert "cannot be written" in caught.value.info.message


def test_an_ending_we_cannot_write_is_refused(tmp_path: Path, original: Photo) -> None:
    with pytest.raises(RabbitError) as caught:
        write(tmp_path, original, ".heic")
    assert caught.value.info.kind is ErrorKind.OUTPUT_REFUSED


def test_a_stopped_write_leaves_no_file(tmp_path: Path, original: Photo) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, original, ".png", checkpoint=stop)
    assert not (tmp_path / "result.png").exists()


def test_the_file_on_the_disk_is_the_one_reported(tmp_path: Path, original: Photo) -> None:
    path, written = write(tmp_path, original, ".tif")
    assert (written.size_bytes, written.inode) == (path.stat().st_size, path.stat().st_ino)


@pytest.mark.slow
@pytest.mark.parametrize("packed", ["plain", "deflate"])
def test_a_large_16_bit_tiff_needs_little_more_than_its_pixels(packed: str, tmp_path: Path) -> None:
    source = tmp_path / "large.tif"
    deep = np.random.default_rng(1).integers(0, 65536, (4000, 5000, 3), dtype=np.uint16)
    compression = None if packed == "plain" else "deflate"
    tifffile.imwrite(source, deep, photometric="rgb", compression=compression, rowsperstrip=64)
    script = (
        "import os, sys; from daemon.decode.photo import read_photo;"
        "from daemon.decode.writing import write_photo; path = os.fsencode(sys.argv[1]);"
        "photo = read_photo(path); write_photo(path + b'.out', photo.pixels, '.tif', source=photo);"
        "print(open('/proc/self/status').read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(source)], capture_output=True, check=True, text=True
    )
    peak_kb = int(done.stdout.split("VmHWM:")[1].split()[0])
    # 117 MB of pixels, 40 of interpreter and libraries, the rest for strips under way
    assert peak_kb < 280 << 10


def exif_with_preview(jpeg: bytes) -> bytes:
    """A block of one orientation tag and, in the second directory, a JPEG preview."""
    block = bytearray(b"II*\0\x08\0\0\0")
    exif.append_directory(block, "<", [(274, 3, 1, b"\1\0")])
    next_at = len(block) - 4
    block[next_at:] = len(block).to_bytes(4, "little")
    start = len(block) + 2 + 24 + 4
    exif.append_directory(
        block,
        "<",
        [
            (513, 4, 1, start.to_bytes(4, "little")),
            (514, 4, 1, len(jpeg).to_bytes(4, "little")),
        ],
    )
    return bytes(block) + jpeg
