"""The models and rooms that the first picture needs; what comes later is built from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from daemon.protocol.endpoint import Folders
from rabbitviewer.browse.breadcrumbs import Breadcrumbs
from rabbitviewer.browse.grid import ThumbnailGrid
from rabbitviewer.conductor import Surroundings
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.collections import CollectionsModel
from rabbitviewer.models.filtering import Filtering
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.marks import MarksModel
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.navigator import Navigator
from rabbitviewer.shell.late_room import LateRoom
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.filmstrip import Filmstrip
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.window import MainWindow


@dataclasses.dataclass(frozen=True)
class LateRooms:
    """Places in the shell that are furnished later."""

    tree: LateRoom
    info: LateRoom
    edit: LateRoom
    looks: LateRoom
    pool: LateRoom
    jobs: LateRoom
    hosts: LateRoom


@dataclasses.dataclass(frozen=True)
class Parts:
    """What there is when the window is painted for the first time."""

    folders: Folders
    state: WindowState
    theme: Theme
    client: DaemonClient
    listing: ListingModel
    thumbnails: ThumbnailStore
    previews: PreviewStore
    selection: Selection
    filtering: Filtering
    collections: CollectionsModel
    marks: MarksModel
    jobs: JobsModel
    hosts: HostsModel
    pool: PoolModel
    masks: MaskModel
    grid: ThumbnailGrid
    photo: PhotoView
    filmstrip: Filmstrip
    breadcrumbs: Breadcrumbs
    rooms: LateRooms
    window: MainWindow
    navigator: Navigator
    surroundings: Surroundings


LateStep = Callable[[Parts], object]
