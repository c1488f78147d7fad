"""Messages about folders, what stands in them, and pixels to look at."""

from __future__ import annotations

import msgspec

from daemon.protocol.message import Message, WirePath
from daemon.protocol.values import FolderEntry, PhotoEntry, PhotoFilter


class FolderOpen(Message, frozen=True, tag="folder_open"):
    """List a folder's photos: answered by :class:`FolderChunk` s, then watched until closed.

    One connection may have several folders open; *listing_id* is the client's choice.

    Attributes:
        path: The folder; empty with *collection* or *search*.
        recursive: With all subfolders; names then hold their relative paths.
        pairs: RAW and JPEG of one name are one photo, shown by the JPEG.
        collection: A saved collection instead of a folder; names are whole paths then.
        search: Full text over all indexed folders instead; names are whole paths then.
    """

    path: WirePath
    listing_id: int
    recursive: bool = False
    pairs: bool = False
    collection: str = ""
    search: str = ""


class FolderClose(Message, frozen=True, tag="folder_close"):
    """Stop watching a listing."""

    listing_id: int


class FolderChunk(Message, frozen=True, tag="folder_chunk"):
    """Part of the snapshot of a folder, in natural order of names; *last* ends it.

    Photos have ids in their listing: 0, 1, 2 … in the order in which they are told, through the
    snapshot and the ``added`` of the changes; an id is never used again. *path* is what the names
    are relative to.
    """

    listing_id: int
    path: bytes
    entries: tuple[PhotoEntry, ...]
    last: bool


class FolderDelta(Message, frozen=True, tag="folder_delta"):
    """What changed since; *number* counts from 1 per listing.

    *offline*: the folder does not answer (a sleeping or vanished drive); what was known stays.
    """

    listing_id: int
    number: int
    added: tuple[PhotoEntry, ...] = ()
    changed: tuple[PhotoEntry, ...] = ()
    removed: tuple[bytes, ...] = ()
    gone: bool = False
    offline: bool = False


class ListingMarks(Message, frozen=True, tag="listing_marks"):
    """Event: what cells of a listing show beside the picture, as the blob.

    The blob holds 8 bytes per photo: ``u32 id | u8 rating | u8 label | u8 flag | u8 bits``,
    little-endian. *label* counts from 1 in the order red, yellow, green, blue, purple (0: none);
    *flag* 1: pick, 2: reject; *bits* 1: it has keywords, 2: it has a place on the map. Photos that
    are not told have none.
    """

    listing_id: int


class ListingArrange(Message, frozen=True, tag="listing_arrange"):
    """Choose order and filter of a listing; answered by :class:`ListingArranged`.

    The answer is repeated as an event whenever photos or marks change it. Natural order of names
    without a filter needs no asking: a client keeps it by itself.

    Attributes:
        sort: name | modified | taken | size | type | rating | camera.
    """

    listing_id: int
    sort: str = "name"
    backwards: bool = False
    filter: PhotoFilter = PhotoFilter()


class ListingArranged(Message, frozen=True, tag="listing_arranged"):
    """The ids to show, in order, as a blob of u32; *arranging* until all facts are known."""

    listing_id: int
    count: int
    arranging: bool = False


class FilterChoicesRequest(Message, frozen=True, tag="filter_choices_request"):
    """Ask what the photos of a listing can be filtered by."""

    listing_id: int


class FilterChoices(Message, frozen=True, tag="filter_choices"):
    """The values that occur, each with its number of photos, the most frequent first."""

    listing_id: int
    cameras: tuple[tuple[str, int], ...] = ()
    lenses: tuple[tuple[str, int], ...] = ()
    keywords: tuple[tuple[str, int], ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()
    days: tuple[tuple[str, int], ...] = ()


class IndexedFolders(Message, frozen=True, tag="indexed_folders"):
    """Read or change which folders are indexed in the background with all their subfolders.

    Answered by :class:`IndexedFoldersKnown`.
    """

    add: tuple[WirePath, ...] = ()
    remove: tuple[WirePath, ...] = ()


class IndexedFoldersKnown(Message, frozen=True, tag="indexed_folders_known"):
    """The folders that are indexed, and how many photos the catalogue knows in all."""

    folders: tuple[bytes, ...]
    photos: int = 0


class IndexProgress(Message, frozen=True, tag="index_progress"):
    """Event: how far the reading of facts is, for a line of text; *done* = *total*: it ended."""

    done: int
    total: int
    folder: bytes = b""


class SubfoldersRequest(Message, frozen=True, tag="subfolders_request"):
    """Ask for the subfolders of a folder (the tree)."""

    path: WirePath


class Subfolders(Message, frozen=True, tag="subfolders"):
    """Answer to :class:`SubfoldersRequest`, naturally sorted."""

    path: bytes
    folders: tuple[FolderEntry, ...]


class ThumbnailRequest(Message, frozen=True, tag="thumbnail_request"):
    """Ask for a thumbnail: up to two :class:`ThumbnailReady` (embedded or none, final) or `Failed`.

    *priority*: ``visible`` | ``near`` | ``background``. *profile* as for previews. *shown_px*: the
    answer fits into a square of that side; it is made and kept at *size_px*. 0: the same.
    """

    path: WirePath
    size_px: int
    priority: str = "visible"
    profile: str = ""
    shown_px: int = 0


class ThumbnailReady(Message, frozen=True, tag="thumbnail_ready"):
    """Upright BGRX pixels as the frame's blob, stride ``4 * width_px``.

    *stage*: embedded | none (the file has no preview of its own: no pixels, 0 x 0) | final.
    *cached*: it was kept from an earlier time.
    """

    path: bytes
    width_px: int
    height_px: int
    source_width_px: int
    source_height_px: int
    stage: str
    cached: bool = False


class PreviewRequest(Message, frozen=True, tag="preview_request"):
    """Ask for a photo's pixels to show, fitted into a box (0 x 0: full size).

    Answered by :class:`SurfaceReady`, possibly twice (*quality* embedded, then screen or full).
    *priority* as for thumbnails. *profile* is the id of the monitor's profile
    (:class:`MonitorProfile`); empty: sRGB.
    """

    path: WirePath
    max_width_px: int
    max_height_px: int
    priority: str = "visible"
    profile: str = ""


class SurfaceReady(Message, frozen=True, tag="surface_ready"):
    """Upright BGRX pixels in a mapped file, or in the blob when *surface_path* is empty.

    The receiver maps the file read-only and answers with :class:`SurfaceMapped`, whereupon the
    daemon unlinks it. *quality*: embedded | screen | full. *levels* are smaller copies in the same
    file: (offset in bytes, width, height), each half of the one before, stride ``4 * width``.
    """

    path: bytes
    surface_path: bytes
    surface_id: int
    width_px: int
    height_px: int
    stride_bytes: int
    source_width_px: int
    source_height_px: int
    quality: str
    levels: tuple[tuple[int, int, int], ...] = ()


class SurfaceMapped(Message, frozen=True, tag="surface_mapped"):
    """The receiver has mapped the surface; its file may go."""

    surface_id: int


class MonitorProfile(Message, frozen=True, tag="monitor_profile"):
    """Tell the ICC profile of a monitor; answered by :class:`MonitorProfileKnown`.

    ``window.monitor_profile`` of the settings wins where it is set; empty *icc*: sRGB.
    """

    icc: bytes = b""


class MonitorProfileKnown(Message, frozen=True, tag="monitor_profile_known"):
    """The id to put into pixel requests; empty: sRGB."""

    profile: str
    description: str = ""


class TonesRequest(Message, frozen=True, tag="tones_request"):
    """Ask how a photo's samples are spread, measured at a size that fits a box."""

    path: WirePath
    max_width_px: int = 1024
    max_height_px: int = 1024


class Tones(Message, frozen=True, tag="tones"):
    """The histogram of a photo in its own space, and where it is clipped.

    The blob holds four times 256 counts (u32, little-endian) of red, green, blue and luma, then a
    byte per pixel of *width_px* x *height_px*: 1 blown, 2 blocked. *blown* and *blocked* are their
    shares, 0..1.
    """

    path: bytes
    width_px: int
    height_px: int
    blown: float
    blocked: float


class CancelRequests(Message, frozen=True, tag="cancel_requests"):
    """Drop pixel requests that are no longer wanted; no answer."""

    request_ids: tuple[int, ...]


class PhotoInfoRequest(Message, frozen=True, tag="photo_info_request"):
    """Ask what the decoder and the metadata reader see."""

    path: WirePath


class PhotoInfo(Message, frozen=True, tag="photo_info"):
    """What is known of one photo."""

    path: bytes
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
    metadata: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
