"""What a worker process can be asked, and what it answers: typed structs, no code behind them.

Paths are bytes. Files that a worker writes are temporary; the daemon gives them their final names.
"""

from __future__ import annotations

import msgspec

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.values import FitReport


class Task(msgspec.Struct, frozen=True, kw_only=True, tag_field="task"):
    """Base of every task."""


class TaskResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="result"):
    """Base of every result."""


# ---------------------------------------------------------------- light pool: looking


class MakeThumbnail(Task, frozen=True, tag="make_thumbnail"):
    """Decode a photo into a box of *size_px*, upright, as a BGRX blob.

    Attributes:
        path: The photo.
        size_px: Side of the box.
        shown_px: Side of a smaller box for the answer; what is kept fills *size_px*. 0: the same.
        embedded_only: Only the file's own small preview; a failure of kind ``not_found`` without.
        generation: The file's modification time; equal tasks are joined, and those of a file's
            earlier content are not equal.
        file_bytes: The file's size, for the same reason.
        keep: Also send it as an sRGB JPEG for the cache, after the answer (:class:`Kept`).
        profile_path: The monitor's ICC profile; empty: sRGB.
    """

    path: bytes
    size_px: int
    shown_px: int = 0
    embedded_only: bool = False
    generation: int = 0
    file_bytes: int = 0
    keep: bool = False
    profile_path: bytes = b""


class PixelsMade(TaskResult, frozen=True, tag="pixels_made"):
    """Upright BGRX pixels (stride ``4 * width_px``), in the blob or in the surface file.

    *levels*: smaller copies behind them in the surface file (offset in bytes, width, height).
    """

    width_px: int
    height_px: int
    source_width_px: int
    source_height_px: int
    surface_path: bytes = b""
    levels: tuple[tuple[int, int, int], ...] = ()


class MakePreview(Task, frozen=True, tag="make_preview"):
    """Decode a photo for the photo view, fitted into a box (0 x 0: full size).

    The pixels go to *surface_path* (allocated with posix_fallocate), or into the blob when it is
    empty. *generation*, *file_bytes* and *profile_path* as for thumbnails. *keep*: where decoding
    took long, also send a JPEG in the photo's own colours for the cache, after the answer.
    *levels*: halved copies follow in the surface file.
    """

    path: bytes
    max_width_px: int
    max_height_px: int
    surface_path: bytes = b""
    embedded_only: bool = False
    generation: int = 0
    file_bytes: int = 0
    profile_path: bytes = b""
    keep: bool = False
    levels: bool = False


class ShowCached(Task, frozen=True, tag="show_cached"):
    """Decode a JPEG of the daemon's own cache, fitted into a box (0 x 0: as it is).

    A failure of kind ``not_found`` when it is not there any more, or not what was written.

    Attributes:
        pack_path: The file in which it stands.
        offset: Where.
        length: Its bytes.
        checksum: CRC-32 of them.
        source_width_px: Of the photo it was made from.
        source_height_px: As above.
        max_width_px: The box.
        max_height_px: The box.
        surface_path: As for previews.
        profile_path: As for thumbnails.
    """

    pack_path: bytes
    offset: int
    length: int
    checksum: int
    source_width_px: int
    source_height_px: int
    max_width_px: int = 0
    max_height_px: int = 0
    surface_path: bytes = b""
    profile_path: bytes = b""


class ReadPhotoInfo(Task, frozen=True, tag="read_photo_info"):
    """Read what there is to know about a photo without decoding its pixels."""

    path: bytes


class PhotoInfoRead(TaskResult, frozen=True, tag="photo_info_read"):
    """Fields as in the protocol's ``photo_info``."""

    format: str
    width_px: int
    height_px: int
    size_bytes: int
    bit_depth: int
    channels: int
    color_space: str
    icc_description: str
    orientation: int
    has_alpha: bool
    metadata: dict[str, str]
    notes: tuple[str, ...] = ()


class MeasureTones(Task, frozen=True, tag="measure_tones"):
    """Count a photo's samples in its own space, fitted into a box; *generation* as for previews."""

    path: bytes
    max_width_px: int
    max_height_px: int
    generation: int = 0


class TonesMeasured(TaskResult, frozen=True, tag="tones_measured"):
    """Size of the clipping marks in the blob, behind the counts; shares as in the protocol."""

    width_px: int
    height_px: int
    blown: float
    blocked: float


class CheckImage(Task, frozen=True, tag="check_image"):
    """Read a picture that a host sent completely; ``result_invalid`` where it is not believed.

    Afterwards the file is a plain PNG: 8-bit RGB, opaque, upright.

    Attributes:
        path: The file as it came.
        host: The host in words, for the sentence.
        sent_path: The small copy that was sent; empty: the picture is looked at by itself.
        sent_size: Its width and height.
        graded: It is to be the sent picture in other colours; another shape is refused.
        origin: Node, input and value that the graph written into a PNG must have; empty: no matter.
    """

    path: bytes
    host: str = "The host"
    sent_path: bytes = b""
    sent_size: tuple[int, int] = (0, 0)
    graded: bool = False
    origin: tuple[str, str, str] = ("", "", "")


class ScanFacts(Task, frozen=True, tag="scan_facts"):
    """Read the facts of several photos from their headers and sidecars; no pixels are decoded."""

    paths: tuple[bytes, ...]


class PhotoFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the catalogue knows of one photo.

    Attributes:
        path: The file.
        size_bytes: Its size when it was read.
        mtime_ns: Its modification time when it was read.
        sidecar_mtime_ns: That of its sidecar; 0: none.
        content_id: Digest of size, head and tail: the same photo under another name.
        format: Name of the format by content.
        width_px: Upright width.
        height_px: Upright height.
        orientation: 1..8.
        taken: ``YYYY-MM-DD HH:MM:SS`` as the camera's clock said; empty: unknown.
        camera: Maker and model.
        lens: Its name.
        iso: Sensitivity.
        aperture: f-number.
        exposure_s: Exposure time.
        focal_mm: Focal length.
        latitude: Degrees, north positive; None: unknown.
        longitude: Degrees, east positive.
        title: Text.
        rating: 0..5.
        label: red | yellow | green | blue | purple; empty: none.
        flag: pick | reject; empty: none.
        keywords: As in the file.
        problem: Empty, or why the facts could not be read.
    """

    path: bytes
    size_bytes: int
    mtime_ns: int
    sidecar_mtime_ns: int = 0
    content_id: bytes = b""
    format: str = ""
    width_px: int = 0
    height_px: int = 0
    orientation: int = 1
    taken: str = ""
    camera: str = ""
    lens: str = ""
    iso: int = 0
    aperture: float = 0.0
    exposure_s: float = 0.0
    focal_mm: float = 0.0
    latitude: float | None = None
    longitude: float | None = None
    title: str = ""
    rating: int = 0
    label: str = ""
    flag: str = ""
    keywords: tuple[str, ...] = ()
    problem: str = ""


class FactsScanned(TaskResult, frozen=True, tag="facts_scanned"):
    """Facts in the order of the paths; a file that vanished is left out."""

    facts: tuple[PhotoFacts, ...]


class HashPhoto(Task, frozen=True, tag="hash_photo"):
    """Work out what tells near duplicates: perceptual hash and sharpness."""

    path: bytes
    generation: int = 0


class PhotoHashed(TaskResult, frozen=True, tag="photo_hashed"):
    """A 64-bit DCT hash of the upright photo, and the sharpness of its detail (higher: sharper).

    *pixels* is how many the whole photo has.
    """

    perceptual_hash: int
    sharpness: float
    pixels: int = 0


class TurnPhoto(Task, frozen=True, tag="turn_photo"):
    """Write a photo turned without loss; *turn*: left | right | half | mirror | flip.

    The file at *temp_path* (in the photo's folder, fsynced) differs in orientation alone.
    """

    path: bytes
    turn: str
    temp_path: bytes


class PhotoTurned(TaskResult, frozen=True, tag="photo_turned"):
    """The turned file stands at its temporary path, with this EXIF orientation."""

    orientation: int


class DecodePreview(Task, frozen=True, tag="decode_preview"):
    """Decode a sampler's preview (JPEG or PNG bytes) into a BGRX blob."""

    data: bytes


# ---------------------------------------------------------------- heavy pool: editing


class PrepareSmall(Task, frozen=True, tag="prepare_small"):
    """Make the small copy that is sent: upright, sRGB, opaque, lossless PNG near 1 MP.

    Attributes:
        path: The original.
        png_path: Where to write the PNG that is uploaded.
        clipped_path: Where to write the map of clipped samples (8-bit PNG, 255: clipped).
        icc_path: Where to write the photo's ICC profile; no file is written for plain sRGB.
        long_edge_px: Long edge wanted; 0: near 1 MP.
        kontext_sizes: Fit into one of the model's 17 sizes so that nothing is cropped.
    """

    path: bytes
    png_path: bytes
    clipped_path: bytes
    icc_path: bytes
    long_edge_px: int = 0
    kontext_sizes: bool = False


class SmallPrepared(TaskResult, frozen=True, tag="small_prepared"):
    """Geometry of the small copy and facts of the original.

    Attributes:
        width_px: Width of the PNG; the photo occupies *box* of it, the rest mirrors its edges.
        height_px: Height of the PNG.
        box: left, top, width, height of the photo inside the PNG, pixels.
        photo_width_px: Upright width of the original.
        photo_height_px: Upright height of the original.
        color_space: srgb | adobe-rgb | display-p3 | prophoto | icc:SHA256.
        format: What the content is (``jpeg``, ``png``, ...), whatever the name says.
        lossy: The original's pixels went through a lossy codec.
        palette: The original holds palette or 1-bit pixels.
        coverage: Share of the photo's pixels whose colour the small copy contains, 0..1.
        notes: Sentences for the user (CMYK was converted, ...).
    """

    width_px: int
    height_px: int
    box: tuple[int, int, int, int]
    photo_width_px: int
    photo_height_px: int
    color_space: str
    format: str
    lossy: bool
    palette: bool = False
    coverage: float | None = None
    notes: tuple[str, ...] = ()


class FitGrade(Task, frozen=True, tag="fit_grade"):
    """Fit a LUT in the photo's space to (small copy, returned picture), write it as ``.cube``.

    *path* is the original, only to be named in a failure; the other files are those of
    :class:`PrepareSmall` and the host's answer. *title* goes into the file. *mask_path*: the host
    changed the picture only behind this mask (of the small copy's size), so only that counts.

    *fit*: lut | spatial | auto (spatial where a LUT cannot explain the edit). Where the grade
    varies over the picture, its correction on top of the LUT is written to *grid_path*; the report
    then says ``spatial``. *coverage* is that of :class:`SmallPrepared`, for the report.
    """

    path: bytes
    png_path: bytes
    clipped_path: bytes
    icc_path: bytes
    edited_path: bytes
    box: tuple[int, int, int, int]
    cube_path: bytes
    color_space: str = "srgb"
    title: str = ""
    lut_size: int = 33
    register: bool = True
    mask_path: bytes = b""
    fit: str = "lut"
    grid_path: bytes = b""
    coverage: float | None = None


class FitPair(Task, frozen=True, tag="fit_pair"):
    """Fit a LUT to two picture files of one scene (``lut extract``), write it to a file.

    *hald*: as a Hald CLUT, not as ``.cube``. *fit* and *grid_path* as for :class:`FitGrade`.
    *photo_path*: the photo that the grade is for, which shows the whole scene: the LUT lives in its
    space, the coverage is of its pixels; empty: the original itself.
    """

    original_path: bytes
    edited_path: bytes
    cube_path: bytes
    lut_size: int = 33
    register: bool = True
    hald: bool = False
    fit: str = "lut"
    grid_path: bytes = b""
    photo_path: bytes = b""


class GradeFitted(TaskResult, frozen=True, tag="grade_fitted"):
    """The LUT is written, and the grid where the report's model is ``spatial``.

    *notes* say what its form cannot hold.
    """

    report: FitReport
    color_space: str
    notes: tuple[str, ...] = ()


class ApplyLut(Task, frozen=True, tag="apply_lut"):
    """Apply a ``.cube`` to a photo at full size, in its own space and depth, into a temporary file.

    Attributes:
        path: The original.
        cube_path: The LUT, at strength 1: a ``.cube`` or a Hald CLUT.
        grid_path: The spatial correction on top of it; empty: none.
        channels: all | luma | chroma: what of the change counts.
        temp_path: File to write and fsync, in the target's folder.
        extension: Target format by extension with dot, lower case; empty: as the photo's kind and
            the mask ask for.
        strength: 0..1.5.
        mask_path: 8-bit gray PNG of the upright photo's size; empty: everywhere.
        raw_format: ``tiff`` or ``jpeg``: what RAW and HEIC become where *extension* is empty.
        recipe: JSON to embed in the result.
        ai: A model made the look (goes into ``DigitalSourceType``).
        jpeg_quality: 1..100; 0: like the original where it is a JPEG.
    """

    path: bytes
    cube_path: bytes
    temp_path: bytes
    extension: str = ""
    strength: float = 1.0
    mask_path: bytes = b""
    raw_format: str = "tiff"
    recipe: str = ""
    ai: bool = False
    jpeg_quality: int = 0
    grid_path: bytes = b""
    channels: str = "all"


class ConvertLut(Task, frozen=True, tag="convert_lut"):
    """Write a LUT file as another kind or size, fsynced.

    Attributes:
        source_path: A ``.cube`` (1D or 3D) or a Hald CLUT.
        target_path: The file to write.
        hald: As a Hald CLUT (PNG), not as ``.cube``.
        size: Nodes a side wanted; 0: as it is.
        title: Goes into a ``.cube``; empty: the source's.
        tables: As for :class:`ShowGrades`; empty: nobody will look at it soon.
    """

    source_path: bytes
    target_path: bytes
    hald: bool = False
    size: int = 0
    title: str = ""
    tables: bytes = b""


class LutConverted(TaskResult, frozen=True, tag="lut_converted"):
    """The LUT file is written; *notes* say what its form cannot hold."""

    space: str
    size: int
    title: str = ""
    notes: tuple[str, ...] = ()


class ShowGrades(Task, frozen=True, tag="show_grades"):
    """Show a photo under grades: pixels as BGRX, one picture after the other, as the blob.

    Attributes:
        path: The photo.
        max_width_px: The box that it is fitted into.
        max_height_px: As above.
        lut_paths: A ``.cube`` each; one that cannot be read is left out.
        grid_path: Spatial correction on top of the first LUT; empty: none.
        strength: 0..1.5.
        channels: all | luma | chroma.
        generation: The photo's modification time, as for thumbnails.
        file_bytes: Its size, for the same reason.
        profile_path: The monitor's ICC profile; empty: sRGB.
        kept: A picture of it in the cache, in its own colours; its ``profile_path`` is not used.
        kept_srgb: One in sRGB, which stands in where the photo is sRGB itself.
        tables: Folder for copies of the LUTs that are read faster; empty: none are kept.
        surface_path: As for previews, for a single picture.
    """

    path: bytes
    max_width_px: int
    max_height_px: int
    lut_paths: tuple[bytes, ...]
    grid_path: bytes = b""
    strength: float = 1.0
    channels: str = "all"
    generation: int = 0
    file_bytes: int = 0
    profile_path: bytes = b""
    kept: ShowCached | None = None
    kept_srgb: ShowCached | None = None
    tables: bytes = b""
    surface_path: bytes = b""


class GradesShown(TaskResult, frozen=True, tag="grades_shown"):
    """The pictures are in the blob, or in the surface file.

    Attributes:
        width_px: Of each.
        height_px: As above.
        shown: Indices of the LUTs that could be read.
        source_width_px: Upright width of the whole photo.
        source_height_px: Upright height.
        surface_path: As for previews.
    """

    width_px: int
    height_px: int
    shown: tuple[int, ...]
    source_width_px: int = 0
    source_height_px: int = 0
    surface_path: bytes = b""


class KeepModelPicture(Task, frozen=True, tag="keep_model_picture"):
    """Write the model's own picture (cropped to *box* in proportion) with the photo's metadata."""

    path: bytes
    edited_path: bytes
    sent_size: tuple[int, int]
    box: tuple[int, int, int, int]
    temp_path: bytes
    extension: str
    recipe: str = ""
    ai: bool = False
    jpeg_quality: int = 0


class FileWritten(TaskResult, frozen=True, tag="file_written"):
    """The temporary file is complete and on the disk.

    Attributes:
        extension: What it was written as, with dot.
        outside_identical: Whether the pixels outside the mask are the original's; None: no mask.
    """

    width_px: int
    height_px: int
    size_bytes: int
    inode: int
    extension: str = ""
    outside_identical: bool | None = None
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------- masks


class CheckMask(Task, frozen=True, tag="check_mask"):
    """Look at a mask before anything relies on it.

    A failure of kind ``invalid_request`` names both sizes where *width_px* x *height_px* (0 x 0:
    any) is another one, ``unreadable`` where it is damaged.
    """

    path: bytes
    width_px: int = 0
    height_px: int = 0
    generation: int = 0


class MaskChecked(TaskResult, frozen=True, tag="mask_checked"):
    """What a mask says; *box* is left, top, width, height of what is not black, pixels."""

    width_px: int
    height_px: int
    is_empty: bool
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


class LoadMask(Task, frozen=True, tag="load_mask"):
    """Put a mask's PNG into a file of plain values for painting (one byte per pixel).

    *mask_path* empty: zeros. The file is allocated whole (``disk_full`` where it does not fit); the
    first *offset* bytes are left alone.
    """

    mask_path: bytes
    values_path: bytes
    offset: int
    width_px: int
    height_px: int


class WriteMask(Task, frozen=True, tag="write_mask"):
    """Write plain values as an 8-bit gray PNG, fsynced; *values_path* empty: zeros."""

    values_path: bytes
    offset: int
    width_px: int
    height_px: int
    png_path: bytes


class ImportMask(Task, frozen=True, tag="import_mask"):
    """Write a picture of any kind as a mask for a photo of this size, as an 8-bit gray PNG.

    Attributes:
        path: The picture.
        png_path: The PNG to write, fsynced.
        width_px: Upright width of the photo.
        height_px: Upright height.
        alpha: Take its transparency: transparent becomes white.
        invert: White becomes black.
        resize: Fit another size; without it ``invalid_request`` names both sizes.
    """

    path: bytes
    png_path: bytes
    width_px: int
    height_px: int
    alpha: bool = False
    invert: bool = False
    resize: bool = False


class MaskWritten(TaskResult, frozen=True, tag="mask_written"):
    """The file is complete and on the disk; *is_empty*: all of it is black."""

    is_empty: bool


class ChangeMask(Task, frozen=True, tag="change_mask"):
    """Work out new values over a whole mask or photo; fields as in the protocol's ``mask_change``.

    The values of the answer's box are written to *surface_path*.
    """

    change: str
    photo_path: bytes
    values_path: bytes
    offset: int
    width_px: int
    height_px: int
    surface_path: bytes
    amount_px: float = 0.0
    row: int = 0
    column: int = 0
    tolerance: float = 10.0
    contiguous: bool = True
    low: float = 0.0
    high: float = 1.0
    softness: float = 0.0
    path: bytes = b""
    invert: bool = False
    resize: bool = False


class BoxChanged(TaskResult, frozen=True, tag="box_changed"):
    """The box whose values were written, pixels; 0 x 0: nothing changes."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


class PrepareMask(Task, frozen=True, tag="prepare_mask"):
    """Make the mask that goes with a small copy: *box* of *width_px* x *height_px*, else black.

    It is written as three equal channels: hosts read the values of a gray PNG a little low.

    Attributes:
        mask_path: The mask at full size; empty: *level* all over the box.
        png_path: The PNG to write.
        width_px: Of the small copy.
        height_px: As above.
        box: left, top, width, height of the photo inside it, pixels.
        level: 0..255, where there is no mask.
        alpha_of: The small copy's PNG; the answer is that picture with the mask as transparency
            (transparent where it is white), the form in which ``LoadImage`` reads a mask.
    """

    mask_path: bytes
    png_path: bytes
    width_px: int
    height_px: int
    box: tuple[int, int, int, int]
    level: int = 0
    alpha_of: bytes = b""


class ExportPicture(Task, frozen=True, tag="export_picture"):
    """Write a photo as an upright PNG of its own depth, with its profile and without the rest."""

    path: bytes
    png_path: bytes


AnyTask = (
    MakeThumbnail
    | MakePreview
    | ReadPhotoInfo
    | MeasureTones
    | CheckImage
    | DecodePreview
    | ShowCached
    | ScanFacts
    | HashPhoto
    | TurnPhoto
    | PrepareSmall
    | FitGrade
    | FitPair
    | ApplyLut
    | ConvertLut
    | ShowGrades
    | KeepModelPicture
    | CheckMask
    | LoadMask
    | WriteMask
    | ImportMask
    | ChangeMask
    | PrepareMask
    | ExportPicture
)
AnyResult = (
    PixelsMade
    | PhotoInfoRead
    | TonesMeasured
    | FactsScanned
    | PhotoHashed
    | PhotoTurned
    | SmallPrepared
    | GradeFitted
    | LutConverted
    | GradesShown
    | FileWritten
    | MaskChecked
    | MaskWritten
    | BoxChanged
)


# ---------------------------------------------------------------- the pipe between them


class Run(msgspec.Struct, frozen=True, tag="run"):
    """Daemon to worker: carry out *task*; ids are unique per worker process."""

    task_id: int
    task: AnyTask


class Control(msgspec.Struct, frozen=True, tag="control"):
    """Daemon to worker, read at once: *action* is cancel | pause | resume."""

    task_id: int
    action: str


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """Worker to daemon: share of the running task that is done, 0..1."""

    task_id: int
    fraction: float


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """Worker to daemon: the task succeeded; pixels, if any, are the frame's blob."""

    task_id: int
    result: AnyResult


class Kept(msgspec.Struct, frozen=True, tag="kept"):
    """Worker to daemon, after the answer: the JPEG for the cache is the frame's blob.

    Attributes:
        task_id: The task it was made from.
        width_px: Of the JPEG.
        height_px: As above.
        source_width_px: Of the photo.
        source_height_px: As above.
    """

    task_id: int
    width_px: int
    height_px: int
    source_width_px: int
    source_height_px: int


class Broken(msgspec.Struct, frozen=True, tag="broken"):
    """Worker to daemon: the task failed or was cancelled; the worker lives on."""

    task_id: int
    error: ErrorInfo


ToWorker = Run | Control
FromWorker = Progress | Finished | Broken | Kept
