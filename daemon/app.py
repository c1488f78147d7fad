"""The composition root: builds every service of the daemon, wires them, and takes them down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from types import FrameType
from typing import NamedTuple

from daemon import log as daemon_log
from daemon.comfyui.host_watch import HostWatch
from daemon.comfyui.hosts import HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.edits.ai_editor import AiEditor
from daemon.edits.dispatch import JobDispatcher
from daemon.edits.estimates import Estimates
from daemon.edits.forms import FormService, UsualSeconds
from daemon.edits.host_run import HostRun
from daemon.edits.intake import EditIntake
from daemon.edits.leftovers import Leftovers
from daemon.edits.looks import LookService
from daemon.edits.lut_conversion import LutConverter
from daemon.edits.lut_service import LutService
from daemon.edits.masks import JobMasks
from daemon.edits.offers import OfferService
from daemon.edits.pictures import JobPictures
from daemon.edits.run_choice import RunChooser
from daemon.edits.service import EditService
from daemon.edits.sources import EditSources
from daemon.edits.work_files import WorkFiles
from daemon.edits.workflows import WorkflowService
from daemon.files.discard import trash_folder
from daemon.files.duplicates import DuplicateService
from daemon.files.service import FileWorkService
from daemon.files.trash import Trash
from daemon.files.turning import by_workers
from daemon.ipc.config import ConfigService
from daemon.ipc.dispatch import Dispatcher
from daemon.ipc.hosting import HostingService
from daemon.ipc.lifecycle import Lifecycle
from daemon.ipc.server import IpcServer
from daemon.library.catalogue import Catalogue
from daemon.library.marks import MarksService
from daemon.library.service import LibraryService
from daemon.library.threads import FileThreads
from daemon.library.tones import ToneService
from daemon.memory import keep_freed_memory
from daemon.pool.arriving import Arrivals
from daemon.pool.content import ContentHashes
from daemon.pool.exporting import PoolExporter
from daemon.pool.importing import PoolImporter
from daemon.pool.masks import MaskService
from daemon.pool.selecting import SlotSelector
from daemon.pool.service import PoolService
from daemon.pool.sizes import PhotoSizes
from daemon.protocol import messages
from daemon.protocol.endpoint import Folders, pictures_folder
from daemon.protocol.formats import is_listed
from daemon.protocol.hosting import HostCheckRequest, HostEntriesRequest, HostRemove, HostSave
from daemon.protocol.peer import Peer
from daemon.protocol.values import HostInfo
from daemon.render import RenderManager
from daemon.settings import DaemonSettings, SettingsStore
from daemon.storage.catalogue import CatalogueStore
from daemon.storage.collections import CollectionStore
from daemon.storage.hashes import HashFile
from daemon.storage.indexed_folders import IndexedFolderStore
from daemon.storage.jobs import KEPT_ENDED_JOBS, JobStore
from daemon.storage.journal import JournalStore
from daemon.storage.looks import LookStore
from daemon.storage.pools import PoolStore
from daemon.workers.limits import WorkerLimits
from daemon.workers.pool import WorkerPool

log = logging.getLogger(__name__)

MAX_AUTO_WORKERS = 8
LOOKING_SILENCE_S = 60.0
END_WITHIN_S = 15.0  # `daemon stop` waits a little longer


class Pools(NamedTuple):
    """What answers about image pools, and what the other services need of them."""

    store: PoolStore
    service: PoolService
    selector: SlotSelector
    masks: MaskService
    exporter: PoolExporter
    importer: PoolImporter


class Services(NamedTuple):
    """Everything that answers a client."""

    edits: EditService
    luts: LutService
    converter: LutConverter
    looks: LookService
    offers: OfferService
    forms: FormService
    workflows: WorkflowService
    library: LibraryService
    catalogue: Catalogue
    tones: ToneService
    marks: MarksService
    files: FileWorkService
    duplicates: DuplicateService
    pools: Pools
    config: ConfigService
    hosting: HostingService
    lifecycle: Lifecycle


async def run_daemon(folders: Folders) -> None:
    """Be the daemon until it is no longer needed. The caller holds the lock.

    Raises:
        RabbitError: something it needs cannot be used; the sentence says what.
        OSError: a folder or the socket cannot be made.
    """
    keep_freed_memory()
    settings = SettingsStore(folders)
    await asyncio.to_thread(settings.load)
    daemon_log.set_level(settings.current.daemon.log_level)
    dispatcher = Dispatcher()
    server = IpcServer(dispatcher)
    async with _built(folders, settings, server) as services:
        _register(dispatcher, services)
        server.on_peer_closed(services.library.peer_closed)
        server.on_peer_closed(services.duplicates.peer_closed)
        server.on_peer_closed(services.pools.masks.peer_closed)
        services.catalogue.start()
        services.pools.service.start()
        _stop_on_signals(services.lifecycle)
        await services.edits.resume()
        await services.files.recover()
        services.pools.masks.start(folders.data / "pools")
        await server.listen(folders)
        log.info("listening, process %d", os.getpid())
        watching = [
            asyncio.create_task(each.watch()) for each in (services.config, services.workflows)
        ]
        try:
            await services.lifecycle.until_over()
        finally:
            _end_anyway()
            for task in watching:
                task.cancel()


@contextlib.asynccontextmanager
async def _built(
    folders: Folders, settings: SettingsStore, server: IpcServer
) -> AsyncGenerator[Services]:
    """Build the services; afterwards end them, the last one first.

    Clients stop asking before anything ends, and are let go once everything has been said.
    """
    async with contextlib.AsyncExitStack() as ending:
        ending.push_async_callback(server.close)
        store = JobStore(folders.data / "jobs.db")
        await store.open()
        ending.push_async_callback(store.close)
        workflows = WorkflowLibrary.of(folders)
        hosts = HostRegistry(settings, folders, workflows)
        hosts.on_change = _tell_host(server)
        ending.push_async_callback(hosts.close)
        light, heavy = _pools(settings.current.daemon, folders)
        render = RenderManager(light, heavy)
        render.warm_up()
        ending.push_async_callback(render.close)
        threads = FileThreads()
        ending.callback(threads.close)
        journal = JournalStore(folders.data / "journal.jsonl")
        await journal.open()
        ending.push_async_callback(journal.close)
        marks = MarksService(journal, server.publish, settings, folders.data / "marks")
        await marks.open()
        ending.push_async_callback(marks.close)
        catalogue = _catalogue(folders, settings, server, render, store, marks, ending)
        converter = LutConverter(render)
        looks = _looks(folders, server, store, converter, ending)
        library = LibraryService(
            render, server.publish, folders, settings, catalogue=catalogue, grades=looks
        )
        ending.push_async_callback(library.close)
        files = _files(settings, server, render, journal, marks, catalogue, ending)
        pools = _image_pools(folders, server, render, library, files, ending)
        duplicates = DuplicateService(render, HashFile(folders.cache / "hashes.bin"))
        ending.push_async_callback(duplicates.close)
        masks = JobMasks(render)
        dispatcher = JobDispatcher(hosts)
        leftovers = Leftovers(hosts, store)
        hosts.assigned = dispatcher.at_host
        hosts.on_state(_host_answers(dispatcher, leftovers))
        host_run = HostRun(hosts, settings, dispatcher, leftovers)
        edits = EditService(
            editor=AiEditor(host_run, dispatcher, workflows, settings),
            dispatcher=dispatcher,
            leftovers=leftovers,
            intake=EditIntake(
                sources=EditSources(pools.service),
                masks=masks,
                given_pictures=JobPictures(render),
                chooser=RunChooser(hosts, workflows, settings),
                settings=settings,
                looks=looks,
                work=folders.data / "jobs",
                pictures=pictures_folder(),
            ),
            store=store,
            render=render,
            publish=server.publish,
            work=folders.data / "jobs",
        )
        pools.service.set_stale_lookup(edits.stale_slots)
        edits.on_pool_result = pools.service.results_changed
        ending.push_async_callback(edits.close)
        _watch_hosts(hosts, edits, server, ending)
        ending.push_async_callback(server.stop_asking)

        def apply_settings() -> None:
            changed = settings.current.daemon
            daemon_log.set_level(changed.log_level)
            light.configure(workers=_light_workers(changed), limits=_light_limits(changed))
            heavy.configure(workers=changed.heavy_workers, limits=_heavy_limits(changed))

        config = ConfigService(settings, server.publish, apply_settings)
        yield Services(
            edits=edits,
            luts=LutService(render, settings, masks, folders.cache / "lut"),
            converter=converter,
            looks=looks,
            offers=OfferService(hosts, workflows, settings),
            forms=FormService(hosts, workflows, settings, _usual_seconds(edits)),
            workflows=WorkflowService(
                workflows,
                hosts,
                server.publish,
                folders.cache / "trials",
                lambda: server.clients > 0,
            ),
            library=library,
            catalogue=catalogue,
            tones=ToneService(render, threads),
            marks=marks,
            files=files,
            duplicates=duplicates,
            pools=pools,
            config=config,
            hosting=HostingService(hosts, workflows, settings, config),
            lifecycle=Lifecycle(
                server=server,
                render=render,
                settings=settings,
                open_jobs=lambda: edits.open_jobs() + files.running,
                log_path=folders.log_file,
            ),
        )


def _usual_seconds(edits: EditService) -> UsualSeconds:
    def usual_s(workflow: str, host: str, photo_mp: float) -> float | None:
        return edits.estimates.job_s(workflow, host, photo_mp)

    return usual_s


def _watch_hosts(
    hosts: HostRegistry,
    edits: EditService,
    server: IpcServer,
    ending: contextlib.AsyncExitStack,
) -> None:
    """Count what hosts do, and look at them while jobs are open or a client listens."""
    edits.estimates = Estimates(hosts.statistics)
    watch = HostWatch(hosts, open_jobs=edits.open_jobs, clients=lambda: server.clients)
    watching = asyncio.create_task(watch.run())
    ending.callback(watching.cancel)


def _catalogue(
    folders: Folders,
    settings: SettingsStore,
    server: IpcServer,
    render: RenderManager,
    jobs: JobStore,
    marks: MarksService,
    ending: contextlib.AsyncExitStack,
) -> Catalogue:
    """Build the catalogue; its database is opened when somebody first asks for it."""
    store = CatalogueStore(folders.data / "catalogue.db")
    ending.push_async_callback(store.close)
    collections = CollectionStore(folders.data / "collections.jsonl")
    ending.push_async_callback(collections.close)

    async def edited() -> frozenset[bytes]:
        newest = await jobs.newest(KEPT_ENDED_JOBS)
        return frozenset(job.path for job in newest if job.state == "done")

    catalogue = Catalogue(
        store=store,
        collections=collections,
        indexed=IndexedFolderStore(folders.data / "indexed_folders.json"),
        render=render,
        publish=server.publish,
        settings=settings,
        edited=edited,
        aside=marks.said_aside,
    )
    marks.on_marks = catalogue.marks_told
    ending.push_async_callback(catalogue.close)
    return catalogue


def _looks(
    folders: Folders,
    server: IpcServer,
    jobs: JobStore,
    converter: LutConverter,
    ending: contextlib.AsyncExitStack,
) -> LookService:
    """Build the looks library; nothing is read before somebody asks for it."""
    store = LookStore(folders.data / "looks")
    ending.push_async_callback(store.close)
    return LookService(
        store=store,
        find_job=jobs.get,
        files=lambda job_id: WorkFiles(folders.data / "jobs" / job_id),
        converter=converter,
        publish=server.publish,
        tables=os.fsencode(folders.cache / "looks"),
    )


def _files(
    settings: SettingsStore,
    server: IpcServer,
    render: RenderManager,
    journal: JournalStore,
    marks: MarksService,
    catalogue: Catalogue,
    ending: contextlib.AsyncExitStack,
) -> FileWorkService:
    """Build the work on files, and let the others hear of what it changes."""
    files = FileWorkService(
        journal,
        server.publish,
        catalogue.facts_of,
        by_workers(render),
        sidecar_naming=lambda: settings.current.library.sidecar_name,
    )
    hearing: set[asyncio.Task[None]] = set()

    def changed(paths: Sequence[bytes]) -> None:
        photos = [path for path in paths if is_listed(path)]
        catalogue.facts_changed(photos)
        others = [path for path in paths if not is_listed(path)]
        if others:
            task = asyncio.create_task(marks.files_changed(others))
            hearing.add(task)
            task.add_done_callback(hearing.discard)

    files.on_files_changed.append(changed)
    ending.push_async_callback(files.close)
    return files


def _image_pools(
    folders: Folders,
    server: IpcServer,
    render: RenderManager,
    library: LibraryService,
    files: FileWorkService,
    ending: contextlib.AsyncExitStack,
) -> Pools:
    """Build the image pools; nothing is read before somebody asks for one."""
    store = PoolStore(folders.data / "pools")
    ending.push_async_callback(store.close)
    arrivals = Arrivals(render, folders.cache / "drop")
    trash = Trash()
    cache = folders.cache / "pool"
    service = PoolService(
        store,
        server.publish,
        arrivals,
        ContentHashes(cache / "hashes.json"),
        lambda folder: trash_folder(folder, trash),
    )
    ending.push_async_callback(service.close)
    files.on_files_changed.append(service.files_changed)
    files.leave_alone(os.fsencode(folders.data / "pools"))
    sizes = PhotoSizes(render)
    masks = MaskService(store, service, render, library.surfaces, sizes, folders.cache / "drop")
    ending.push_async_callback(masks.close)
    service.before_reading_masks = masks.flush

    async def flush(pool_id: str) -> None:
        await service.before_reading_masks(pool_id)

    return Pools(
        store,
        service,
        SlotSelector(service.resolve, flush, render, sizes, cache),
        masks,
        PoolExporter(store, arrivals, sizes, flush),
        PoolImporter(store, arrivals, render, sizes, service.answer),
    )


def _register(to: Dispatcher, services: Services) -> None:
    """Say who answers what."""
    edits, luts, converter, looks, offers, forms, workflows = services[:7]
    library, catalogue, tones, marks, files, duplicates, pools = services[7:14]
    config, hosting, lifecycle = services[14:]
    _register_pools(to, pools)
    _register_looks(to, looks, library)
    _register_jobs(to, edits)
    _register_workflows(to, workflows)
    _register_hosting(to, hosting)
    to.register(messages.Hello, lifecycle.hello)
    to.register(messages.StatusRequest, lifecycle.status)
    to.register(messages.ShutdownRequest, lifecycle.shutdown)
    to.register(messages.ConfigRequest, config.config)
    to.register(messages.ConfigSet, config.config_set)
    to.register(messages.FolderOpen, library.folder_open)
    to.register(messages.FolderClose, library.folder_close)
    to.register(messages.SubfoldersRequest, library.subfolders)
    to.register(messages.ListingArrange, catalogue.listing_arrange)
    to.register(messages.FilterChoicesRequest, catalogue.filter_choices)
    to.register(messages.IndexedFolders, catalogue.indexed_folders)
    to.register(messages.CollectionsRequest, catalogue.collections)
    to.register(messages.CollectionSave, catalogue.collection_save)
    to.register(messages.CollectionDelete, catalogue.collection_delete)
    to.register(messages.ThumbnailRequest, library.thumbnail)
    to.register(messages.PreviewRequest, library.preview)
    to.register(messages.SurfaceMapped, library.surface_mapped)
    to.register(messages.MonitorProfile, library.profiles.monitor_profile)
    to.register(messages.CancelRequests, _both(library.cancel_requests, duplicates.cancel_requests))
    to.register(messages.PhotoInfoRequest, library.photo_info)
    to.register(messages.TonesRequest, tones.tones)
    to.register(messages.MarksRequest, marks.marks)
    to.register(messages.SetMarks, marks.set_marks)
    to.register(messages.CopyPhotos, files.copy)
    to.register(messages.RenameRequest, files.rename)
    to.register(messages.TrashPhotos, files.trash)
    to.register(messages.RotatePhotos, files.rotate)
    to.register(messages.IngestRequest, files.ingest)
    to.register(messages.FileWorkCancel, files.cancel)
    to.register(messages.DuplicatesRequest, duplicates.duplicates)
    to.register(messages.UndoRequest, files.undo)
    to.register(messages.JournalRequest, files.journal)
    to.register(messages.LutExtractRequest, luts.extract)
    to.register(messages.LutApplyRequest, luts.apply)
    to.register(messages.LutSpatialRequest, luts.spatial)
    to.register(messages.LutConvertRequest, converter.convert)
    to.register(messages.OperationsRequest, offers.operations)
    to.register(messages.WorkflowsRequest, offers.workflows)
    to.register(messages.WorkflowFormRequest, forms.form)
    to.register(messages.BudgetRequest, forms.budget)
    to.register(messages.HostsRequest, offers.hosts)


def _register_jobs(to: Dispatcher, edits: EditService) -> None:
    """Say who answers about jobs."""
    to.register(messages.AiEditRequest, edits.ai_edit)
    to.register(messages.JobsRequest, edits.jobs)
    to.register(messages.JobCancel, edits.job_cancel)
    to.register(messages.JobRetry, edits.job_retry)
    to.register(messages.JobsMove, edits.steering.move)
    to.register(messages.JobsPause, edits.steering.pause)
    to.register(messages.JobsCancel, edits.steering.cancel)


def _register_workflows(to: Dispatcher, workflows: WorkflowService) -> None:
    """Say who answers about workflows of the user's own."""
    to.register(messages.WorkflowProposeRequest, workflows.propose)
    to.register(messages.WorkflowImport, workflows.import_file)
    to.register(messages.WorkflowExport, workflows.export)
    to.register(messages.WorkflowDuplicate, workflows.duplicate)
    to.register(messages.WorkflowDelete, workflows.delete)
    to.register(messages.WorkflowRestore, workflows.restore)
    to.register(messages.WorkflowMapModels, workflows.map_models)


def _register_hosting(to: Dispatcher, hosting: HostingService) -> None:
    """Say who answers about machines."""
    to.register(HostCheckRequest, hosting.check)
    to.register(HostEntriesRequest, hosting.entries)
    to.register(HostSave, hosting.save)
    to.register(HostRemove, hosting.remove)


def _register_looks(to: Dispatcher, looks: LookService, library: LibraryService) -> None:
    """Say who answers about looks."""
    to.register(messages.LooksRequest, looks.looks)
    to.register(messages.LookSave, looks.save)
    to.register(messages.LookRename, looks.rename)
    to.register(messages.LookDelete, looks.delete)
    to.register(messages.LookRestore, looks.restore)
    to.register(messages.LookExport, looks.export)
    to.register(messages.LookThumbnailsRequest, library.look_thumbnails)
    to.register(messages.LookPreviewRequest, library.look_preview)


def _register_pools(to: Dispatcher, pools: Pools) -> None:
    """Say who answers about image pools."""
    to.register(messages.PoolList, pools.service.list)
    to.register(messages.PoolAdd, pools.service.add)
    to.register(messages.PoolRemove, pools.service.remove)
    to.register(messages.PoolActive, pools.service.active)
    to.register(messages.PoolLabel, pools.service.label)
    to.register(messages.PoolMove, pools.service.move)
    to.register(messages.PoolUndo, pools.service.undo)
    to.register(messages.PoolSelect, pools.selector.select)
    to.register(messages.PoolNew, pools.service.new)
    to.register(messages.PoolUse, pools.service.use)
    to.register(messages.PoolRename, pools.service.rename)
    to.register(messages.PoolDuplicate, pools.service.duplicate)
    to.register(messages.PoolDetach, pools.service.detach)
    to.register(messages.PoolDelete, pools.service.delete)
    to.register(messages.PoolSetMask, pools.masks.set_mask)
    to.register(messages.MaskOpen, pools.masks.open)
    to.register(messages.MaskSave, pools.masks.save)
    to.register(messages.MaskClose, pools.masks.end)
    to.register(messages.MaskChange, pools.masks.change)
    to.register(messages.MaskExport, pools.masks.export)
    to.register(messages.PoolExport, pools.exporter.export)
    to.register(messages.PoolImport, pools.importer.import_pool)


def _both(
    first: Callable[[Peer, messages.CancelRequests], Awaitable[None]],
    second: Callable[[Peer, messages.CancelRequests], Awaitable[None]],
) -> Callable[[Peer, messages.CancelRequests], Awaitable[None]]:
    """Return a handler that lets two services give up what they have of the requests."""

    async def cancel(peer: Peer, request: messages.CancelRequests) -> None:
        await first(peer, request)
        await second(peer, request)

    return cancel


def _tell_host(server: IpcServer) -> Callable[[HostInfo], None]:
    def tell(host: HostInfo) -> None:
        server.publish(messages.HostChanged(host=host))

    return tell


def _host_answers(dispatcher: JobDispatcher, leftovers: Leftovers) -> Callable[[str, str], None]:
    """Return what is to be done when the state of a host changes."""

    def changed(host: str, state: str) -> None:
        del host
        dispatcher.changed()
        if state in ("ready", "busy"):
            leftovers.look_again()

    return changed


def _pools(settings: DaemonSettings, folders: Folders) -> tuple[WorkerPool, WorkerPool]:
    light = WorkerPool(
        "light",
        workers=_light_workers(settings),
        limits=_light_limits(settings),
        one_thread=True,
        refused=folders.cache / "refused-light",
    )
    heavy = WorkerPool(
        "heavy",
        workers=settings.heavy_workers,
        limits=_heavy_limits(settings),
        refused=folders.cache / "refused-heavy",
    )
    return light, heavy


def _light_workers(settings: DaemonSettings) -> int:
    """Return how many thumbnails are made at once: one per core that this process may use."""
    if settings.light_workers:
        return settings.light_workers
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 2
    return min(max(cores, 1), MAX_AUTO_WORKERS)


def _light_limits(settings: DaemonSettings) -> WorkerLimits:
    return WorkerLimits(
        memory_bytes=settings.worker_memory_mb << 20,
        silence_s=min(settings.task_timeout_s, LOOKING_SILENCE_S),
    )


def _heavy_limits(settings: DaemonSettings) -> WorkerLimits:
    return WorkerLimits(
        memory_bytes=settings.worker_memory_mb << 20, silence_s=settings.task_timeout_s
    )


def _stop_on_signals(lifecycle: Lifecycle) -> None:
    """End in good order when the system or the terminal asks for it."""
    loop = asyncio.get_running_loop()
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
    for number in [getattr(signal, name) for name in names if hasattr(signal, name)]:
        reason = signal.Signals(number).name
        try:
            loop.add_signal_handler(number, lifecycle.stop, reason)
        except NotImplementedError:
            signal.signal(number, _in_loop(loop, lifecycle, reason))


def _in_loop(
    loop: asyncio.AbstractEventLoop, lifecycle: Lifecycle, reason: str
) -> Callable[[int, FrameType | None], None]:
    """Return a signal handler for Windows, whose event loop takes none."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.call_soon_threadsafe(lifecycle.stop, reason)

    return stop


def _end_anyway() -> None:
    """See to it that the process ends though a drive that sleeps holds a thread.

    Nothing is lost by it: jobs are on disk, and workers leave when their pipe ends.
    """

    def leave() -> None:
        log.error("did not end within %g s", END_WITHIN_S)
        os._exit(1)

    timer = threading.Timer(END_WITHIN_S, leave)
    timer.daemon = True
    timer.start()
