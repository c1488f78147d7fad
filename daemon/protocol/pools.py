"""Messages of image pools and of the masks that their photos remember.

Every request that changes a pool is answered by the whole updated :class:`PoolManifest`, which all
other clients get as an event. A slot is named by *slot* (its lasting name) or, where that is empty,
by *index*: -1 is the active one, others are clamped to the pool's count.
"""

from __future__ import annotations

from daemon.protocol.message import Message, WirePath
from daemon.protocol.values import PoolInfo, PoolSlot

# ---------------------------------------------------------------- one pool


class PoolList(Message, frozen=True, tag="pool_list"):
    """Ask for a pool (its id or name; empty: the current one, made when there is none)."""

    pool: str = ""


class PoolManifest(Message, frozen=True, tag="pool_manifest"):
    """A whole pool, and the names of all; as an event when another client changed it.

    Attributes:
        pool_id: Its id.
        name: Its name.
        active: Index of the active slot; -1: the pool is empty.
        slots: Its photos in order.
        pools: All pools, by name.
        undo: What undo would take back, in words; empty: nothing.
        redo: What redo would do again.
        problems: What was found broken and repaired just now, a sentence each.
        deleted: The pool was deleted; the client goes on with another one.
        revision: Counts up as long as the daemon runs; a manifest with a lower one than that
            of another is the older of the two, whichever came first.
    """

    pool_id: str
    name: str
    active: int
    slots: tuple[PoolSlot, ...]
    pools: tuple[PoolInfo, ...] = ()
    undo: str = ""
    redo: str = ""
    problems: tuple[str, ...] = ()
    deleted: bool = False
    revision: int = 0


class PoolAdd(Message, frozen=True, tag="pool_add"):
    """Put photos into a pool.

    Attributes:
        paths: Photos, in order; one that is there already is moved, not added twice.
        pool: Which pool; empty: the current one.
        at: Index of the first; -1: at the end.
        copy: Keep the picture itself in the pool (always done with *take*).
        take: The files lie in the drop folder (``cache/drop``) and become the daemon's.
        activate: Make the first of them active.
    """

    paths: tuple[WirePath, ...]
    pool: str = ""
    at: int = -1
    copy: bool = False
    take: bool = False
    activate: bool = False


class PoolRemove(Message, frozen=True, tag="pool_remove"):
    """Take slots out of a pool, with their masks; undo brings them back."""

    slots: tuple[str, ...] = ()
    index: int | None = None
    pool: str = ""


class PoolActive(Message, frozen=True, tag="pool_active"):
    """Make a slot the active one."""

    slot: str = ""
    index: int = -1
    pool: str = ""


class PoolLabel(Message, frozen=True, tag="pool_label"):
    """Give a slot a label; empty: none."""

    label: str
    slot: str = ""
    index: int = -1
    pool: str = ""


class PoolMove(Message, frozen=True, tag="pool_move"):
    """Move slots, in their order, so that the first stands at index *to* afterwards."""

    to: int
    slots: tuple[str, ...] = ()
    index: int | None = None
    pool: str = ""


class PoolSetMask(Message, frozen=True, tag="pool_set_mask"):
    """Give a slot a mask from a file, or take it away.

    Attributes:
        mask: A picture file; empty: no mask any more.
        slot: The slot's name.
        index: Or its index.
        pool: Which pool.
        alpha: Take the picture's transparency: transparent becomes white (as ComfyUI does).
        invert: White becomes black.
        resize: Fit a mask of another size; without it, it is refused with both sizes named.
        take: The file lies in the drop folder and becomes the daemon's.
    """

    mask: WirePath = WirePath()
    slot: str = ""
    index: int = -1
    pool: str = ""
    alpha: bool = False
    invert: bool = False
    resize: bool = False
    take: bool = False


class PoolUndo(Message, frozen=True, tag="pool_undo"):
    """Take back the newest removal, move, label or mask from a file (*redo*: do it again)."""

    redo: bool = False
    pool: str = ""


class PoolSelect(Message, frozen=True, tag="pool_select"):
    """Ask what a pool gives to a script or workflow at *index* (-1: the active slot)."""

    index: int = -1
    pool: str = ""


class PoolSelected(Message, frozen=True, tag="pool_selected"):
    """Answer to :class:`PoolSelect`.

    Attributes:
        pool_id: The pool.
        index: The index that was used; -1: the pool is empty.
        count: How many photos it holds.
        label: Of the slot; empty without.
        image: The photo; a 1 x 1 black PNG where the pool is empty.
        mask: Its mask; a PNG of zeros of the image's size where none is painted.
        painted: Whether that mask was painted.
        change_hash: Another one whenever pool, used index, image or mask is another.
        slot: The slot's name.
    """

    pool_id: str
    index: int
    count: int
    label: str
    image: bytes
    mask: bytes
    painted: bool
    change_hash: str
    slot: str = ""


# ---------------------------------------------------------------- named pools


class PoolNew(Message, frozen=True, tag="pool_new"):
    """Create an empty pool and make it current; a taken name gets ``(2)``."""

    name: str


class PoolUse(Message, frozen=True, tag="pool_use"):
    """Make a pool the current one for clients that name none."""

    pool: str


class PoolRename(Message, frozen=True, tag="pool_rename"):
    """Give a pool another name; a taken one is refused."""

    name: str
    pool: str = ""


class PoolDuplicate(Message, frozen=True, tag="pool_duplicate"):
    """Copy a pool with masks and labels under a new id; answered by the copy."""

    pool: str = ""
    name: str = ""


class PoolDetach(Message, frozen=True, tag="pool_detach"):
    """Copy a pool under a new id for this client alone; the others keep the old one."""

    pool: str = ""


class PoolDelete(Message, frozen=True, tag="pool_delete"):
    """Put a pool's folder into the trash; answered by the pool that is current then."""

    pool: str = ""


class PoolExport(Message, frozen=True, tag="pool_export"):
    """Write a pool as a self-contained folder or, where *output* ends in .zip, as an archive."""

    output: WirePath
    pool: str = ""


class PoolExported(Message, frozen=True, tag="pool_exported"):
    """The pool stands in *path*; *notes* name photos that were missing."""

    path: bytes
    count: int
    notes: tuple[str, ...] = ()


class PoolImport(Message, frozen=True, tag="pool_import"):
    """Read an exported folder or archive as a new pool; a taken name gets ``(2)``."""

    path: WirePath
    name: str = ""


# ---------------------------------------------------------------- painting


class MaskOpen(Message, frozen=True, tag="mask_open"):
    """Begin to paint a slot's mask; answered by :class:`MaskOpened`."""

    slot: str
    pool: str = ""


class MaskOpened(Message, frozen=True, tag="mask_opened"):
    """The mask as a file to be mapped for reading and writing.

    Attributes:
        session_id: Names the painting from now on.
        pool_id: Its pool.
        slot: Its slot.
        path: The photo.
        width_px: Of the upright photo.
        height_px: As above.
        values_path: The file: one byte per pixel, rows from the top, from *offset* on.
        offset: Where the values begin.
        recovered: An earlier painting of it was cut off; what it had is there.
    """

    session_id: int
    pool_id: str
    slot: str
    path: bytes
    width_px: int
    height_px: int
    values_path: bytes
    offset: int
    recovered: bool = False


class MaskSave(Message, frozen=True, tag="mask_save"):
    """Write what is painted so far as the slot's mask; answered by the manifest."""

    session_id: int


class MaskClose(Message, frozen=True, tag="mask_close"):
    """Save and end a painting; a client that goes away closes its own."""

    session_id: int


class MaskChange(Message, frozen=True, tag="mask_change"):
    """Work something out over the whole mask or photo; answered by :class:`MaskChanged`.

    Attributes:
        session_id: The painting.
        change: grow | shrink | feather | smooth | fill_holes (of the mask as painted so far), or
            similar | luminosity | alpha | file (a selection made from the photo or a file).
        amount_px: Radius of the first four, photo pixels.
        row: Where the photo was clicked, for similar.
        column: As above.
        tolerance: Largest distance in CIELAB, for similar.
        contiguous: Only what is connected with the click.
        low: Luminosity from here, 0..1.
        high: Luminosity up to here, 0..1.
        softness: Width of the soft ends, 0..1.
        path: The picture, for file.
        invert: White becomes black, for alpha and file.
        resize: Fit a file of another size.
        take: The file lies in the drop folder.
    """

    session_id: int
    change: str
    amount_px: float = 0.0
    row: int = 0
    column: int = 0
    tolerance: float = 10.0
    contiguous: bool = True
    low: float = 0.0
    high: float = 1.0
    softness: float = 0.0
    path: WirePath = WirePath()
    invert: bool = False
    resize: bool = False
    take: bool = False


class MaskChanged(Message, frozen=True, tag="mask_changed"):
    """The values of a box of the mask in a mapped file (one byte per pixel); outside it: zero.

    For grow, shrink, feather, smooth and fill_holes they replace those of the box, and what lies
    outside the box stays as it is. The client says ``surface_mapped`` once it has mapped the file.
    """

    session_id: int
    left_px: int
    top_px: int
    width_px: int
    height_px: int
    surface_path: bytes = b""
    surface_id: int = 0


class MaskExport(Message, frozen=True, tag="mask_export"):
    """Write a slot's mask as an 8-bit gray PNG (zeros where none is painted); answered by done."""

    output: WirePath
    slot: str = ""
    index: int = -1
    pool: str = ""
