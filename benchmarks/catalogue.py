"""What the catalogue costs at 100,000 photos, through a real daemon: reading, opening, searching.

The photos are hard links to JPEGs made here, with the metadata of several cameras. Searches are
sent one per keystroke and timed until the answer is there; beside each stands a plain ``LIKE``
over the same words in SQLite, measured in the same run. Run:

    python benchmarks/catalogue.py [--photos 100000] [--folder DIR] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.framing import Frame, FrameReader, pack
from daemon.protocol.messages import (
    FolderChunk,
    FolderClose,
    FolderOpen,
    ListingArrange,
    ListingArranged,
    ListingMarks,
    Message,
    StatusRequest,
    WirePath,
    decode_reply,
    encode,
)
from daemon.protocol.values import PhotoFilter

CAMERAS = (("Canon", "Canon EOS R5"), ("NIKON CORPORATION", "NIKON D850"), ("SONY", "ILCE-7M4"))
LENSES = ("RF24-105mm F4 L IS USM", "NIKKOR 50mm f/1.8", "FE 85mm F1.4 GM")
WORDS = ("beach", "wedding", "portrait", "night", "Zürich", "garden", "train", "bird")
SEARCHES = ("beach", "canon eos", "img_09", "zurich night", "nothinglikethis")
ORDERS = ("modified", "taken", "size", "type", "rating", "camera", "name")
SOURCES = 48
IDLE_S = 30
LIKE = "SELECT rowid FROM photos WHERE {} ORDER BY name"


class Client:
    """A plain socket to the daemon."""

    def __init__(self) -> None:
        folders = resolve_folders()
        self._stream = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + 20
        while True:
            try:
                self._stream.connect(str(folders.socket))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self._reader = FrameReader()
        self._waiting: list[tuple[Message, bytes]] = []
        self._number = 0

    def send(self, message: Message) -> None:
        """Send a request."""
        self._stream.sendall(pack(Frame(encode(message))))

    def until(
        self, wanted: Callable[[Message], bool], timeout_s: float = 600
    ) -> tuple[Message, bytes]:
        """Read on until a message is wanted."""
        self._stream.settimeout(timeout_s)
        while True:
            while self._waiting:
                message, blob = self._waiting.pop(0)
                if wanted(message):
                    return message, blob
            data = self._stream.recv(1 << 20)
            if not data:
                raise EOFError
            frames = self._reader.feed(data)
            self._waiting += [(decode_reply(f.header), bytes(f.blob)) for f in frames]

    def close(self) -> None:
        """Leave."""
        self._stream.close()


def make_photos(folder: Path, count: int) -> None:
    """Fill *folder* with *count* hard links to photos with metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    if sum(1 for _ in folder.iterdir()) >= count:
        return
    sources = [write_source(folder.parent / f"source{n}.jpg", n) for n in range(SOURCES)]
    for number in range(count):
        with contextlib.suppress(FileExistsError):
            os.link(sources[number % SOURCES], folder / f"IMG_{number:06d}.jpg")


def write_source(path: Path, number: int) -> Path:
    """Write one JPEG of some 200 KB with EXIF and XMP."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 255, (480, 720, 3), np.uint8)
    make, model = CAMERAS[number % len(CAMERAS)]
    exif = Image.Exif()
    exif[271], exif[272] = make, model
    exif[0x8769] = {
        33434: 1 / 250,
        33437: 4.0,
        34855: 100 * (1 + number % 8),
        37386: 50.0,
        36867: f"20{10 + number % 15}:{1 + number % 12:02d}:21 18:30:{number:02d}",
        42036: LENSES[number % len(LENSES)],
    }
    words = random.Random(number).sample(WORDS, 2)
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        f' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{number % 6}"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>'
        f"{items}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=60, exif=exif, xmp=xmp.encode())
    path.write_bytes(buffer.getvalue())
    return path


@contextlib.contextmanager
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-P", "-m", "daemon"], stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def open_listing(client: Client, folder: Path) -> None:
    """Open the folder and wait for the end of the snapshot."""
    client.send(FolderOpen(path=WirePath.of(folder), listing_id=1, request_id=1))
    client.until(lambda m: isinstance(m, FolderChunk) and m.last)


def read_everything(
    client: Client, process: subprocess.Popen[bytes], folder: Path, count: int
) -> dict[str, float]:
    """Open the folder for the first time and wait until all facts are known."""
    began = time.perf_counter()
    open_listing(client, folder)
    client.send(ListingArrange(listing_id=1, sort="taken", request_id=2))
    workers_before = {pid: cpu_s(pid) for pid in children(process.pid)}
    own_before = cpu_s(process.pid)
    client.until(lambda m: isinstance(m, ListingArranged) and not m.arranging and m.count == count)
    wall = time.perf_counter() - began
    spent = sum(cpu_s(p) - workers_before.get(p, 0.0) for p in children(process.pid))
    return {
        "read_wall_s": round(wall, 2),
        "read_ms_per_photo": round(1000 * wall / count, 3),
        "worker_cpu_ms_per_photo": round(1000 * spent / count, 3),
        "daemon_cpu_ms_per_photo": round(1000 * (cpu_s(process.pid) - own_before) / count, 3),
        "daemon_mb_reading": resident_mb(process.pid),
    }


def open_warm(client: Client, folder: Path, count: int) -> dict[str, float]:
    """Open the folder with everything known; return when its marks and first order were there."""
    began = time.perf_counter()
    client.send(FolderOpen(path=WirePath.of(folder), listing_id=1, request_id=1))
    client.send(ListingArrange(listing_id=1, sort="taken", request_id=2))
    found: dict[str, float] = {}

    def note(message: Message) -> bool:
        passed = round(time.perf_counter() - began, 3)
        if isinstance(message, FolderChunk) and message.last:
            found["listed_s"] = passed
        if isinstance(message, ListingMarks):
            found.setdefault("marks_s", passed)
        done = isinstance(message, ListingArranged) and message.count == count
        return done and not message.arranging and "marks_s" in found

    client.until(note)
    found["arranged_s"] = round(time.perf_counter() - began, 3)
    return found


def ask(client: Client, number: int, request: ListingArrange) -> tuple[float, int]:
    began = time.perf_counter()
    client.send(request)
    answer, _ = client.until(lambda m: isinstance(m, ListingArranged) and m.request_id == number)
    return 1000 * (time.perf_counter() - began), answer.count


def measure_orders(client: Client) -> dict[str, float]:
    found = {}
    for number, sort in enumerate(ORDERS, 100):
        spent, _ = ask(client, number, ListingArrange(listing_id=1, sort=sort, request_id=number))
        found[sort] = round(spent, 1)
    return found


def measure_searches(
    client: Client, plain: sqlite3.Connection, pid: int
) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    number = 1000
    for text in SEARCHES:
        ours, theirs, counts = [], [], []
        cpu_before = cpu_s(pid)
        for end in range(1, len(text) + 1):
            number += 1
            typed = text[:end]
            wanted = PhotoFilter(text=typed)
            request = ListingArrange(listing_id=1, filter=wanted, request_id=number)
            spent, count = ask(client, number, request)
            ours.append(spent)
            counts.append(count)
            began = time.perf_counter()
            words = typed.split()
            plain.execute(
                LIKE.format(" AND ".join(["words LIKE ?"] * len(words)) or "1"),
                [f"%{word}%" for word in words],
            ).fetchall()
            theirs.append(1000 * (time.perf_counter() - began))
        found.append(
            {
                "text": text,
                "ms": [round(ms, 1) for ms in ours],
                "median_ms": round(statistics.median(ours), 1),
                "worst_ms": round(max(ours), 1),
                "daemon_cpu_ms": round(1000 * (cpu_s(pid) - cpu_before) / len(text), 1),
                "counts": counts,
                "like_ms": round(statistics.median(theirs), 1),
                "ratio": round(statistics.median(ours) / statistics.median(theirs), 2),
            }
        )
    return found


def plain_table(database: Path) -> sqlite3.Connection:
    """Return the same words in a table of one text column."""
    plain = sqlite3.connect(":memory:")
    plain.execute("CREATE TABLE photos (name TEXT, words TEXT)")
    with contextlib.closing(sqlite3.connect(database)) as catalogue:
        rows = catalogue.execute(
            "SELECT name, name || ' ' || title || ' ' || keywords || ' ' || camera || ' ' || lens "
            "FROM photo_words"
        )
        plain.executemany("INSERT INTO photos VALUES (?, ?)", rows)
    return plain


def run(folder: Path, count: int) -> dict[str, object]:
    make_photos(folder, count)
    result: dict[str, object] = {"photos": count}
    database = resolve_folders().data / "catalogue.db"
    with daemon() as process:
        client = Client()
        result["reading"] = read_everything(client, process, folder, count)
        client.close()
    result["database_mb"] = round(database.stat().st_size / 1e6, 1)
    with daemon() as process:
        client = Client()
        result["daemon_mb_begun"] = resident_mb(process.pid)
        result["warm"] = open_warm(client, folder, count)
        result["orders_ms"] = measure_orders(client)
        with contextlib.closing(plain_table(database)) as plain:
            result["searches"] = measure_searches(client, plain, process.pid)
        result["daemon_mb_open"] = resident_mb(process.pid)
        client.send(FolderClose(listing_id=1, request_id=5000))
        time.sleep(IDLE_S)
        client.send(StatusRequest(request_id=5001))
        client.until(lambda m: m.request_id == 5001)
        result["daemon_mb_closed"] = resident_mb(process.pid)
        client.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the photos are kept between runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RABBITVIEWER_HOME"] = home
        folder = options.folder or Path(home) / "library"
        result = run(folder / "photos", options.photos)
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        if name == "searches":
            for search in value:
                print(f"  {search['text']!r}: {search['median_ms']} ms, ", end="")
                print(f"worst {search['worst_ms']}, CPU {search['daemon_cpu_ms']}, ", end="")
                print(f"LIKE {search['like_ms']} ms, ratio {search['ratio']}")
        else:
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
