"""A worker whose handlers do what the photo's file name says: crash, hang, grow, print.

Run as a script in place of ``python -m daemon.worker_main``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
from collections.abc import Callable

from daemon.handlers.context import Context
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import AnyTask, PixelsMade
from daemon.worker_main import main

PIXELS = PixelsMade(width_px=1, height_px=1, source_width_px=4, source_height_px=3)
Answer = tuple[PixelsMade, bytes]


def paint(_: Context) -> Answer:
    return PIXELS, b"BGRX"


def name_process(_: Context) -> Answer:
    return PIXELS, str(os.getpid()).encode()


def big(_: Context) -> Answer:
    return PIXELS, bytes(8 << 20)


def too_big(_: Context) -> Answer:
    return PIXELS, bytes(65 << 20)


def segfault(_: Context) -> Answer:
    ctypes.string_at(0)
    raise AssertionError


def leave(_: Context) -> Answer:
    os._exit(3)


def be_killed(_: Context) -> Answer:
    os.kill(os.getpid(), 9)
    raise AssertionError


def hang(_: Context) -> Answer:
    threading.Event().wait()
    raise AssertionError


def be_deaf(context: Context) -> Answer:
    """Minutes in one call that lets no other thread run."""
    context.checkpoint(0.5)
    sum(range(1 << 35))
    raise AssertionError


def creep(context: Context) -> Answer:
    """Slower than the limit for silence allows, but never silent."""
    for step in range(8):
        threading.Event().wait(0.15)
        context.checkpoint(step / 8)
    return paint(context)


def grow(_: Context) -> Answer:
    kept: list[bytearray] = []
    while True:
        kept.append(bytearray(b"\1") * (16 << 20))
        threading.Event().wait(0.01)


def allocate_at_once(_: Context) -> Answer:
    return PIXELS, bytes(1 << 42)


def count_strips(context: Context) -> Answer:
    """Endless strips, a checkpoint after each."""
    done = 0
    while True:
        threading.Event().wait(0.005)
        done += 1
        context.checkpoint(min(done / 1000, 0.99))


def refuse(_: Context) -> Answer:
    raise RabbitError(ErrorKind.NOT_A_PHOTO, "refuse is not a photo.", "Name a photo.")


def stumble(_: Context) -> Answer:
    raise ZeroDivisionError("a secret of the inside")


def find_a_read_only_disk(_: Context) -> Answer:
    raise OSError(errno.EROFS, "Read-only file system")


def print_noise(context: Context) -> Answer:
    os.write(1, b"noise from a library\n")
    sys.stdout.write("more noise")
    sys.stdout.flush()
    return paint(context)


def send_nonsense(_: Context) -> Answer:
    for descriptor in range(3, 12):
        try:
            os.write(descriptor, b"\0\0\0\0\0\0\0\0")
        except OSError:
            continue
    return hang(_)


HANDLERS: dict[str, Callable[[Context], Answer]] = {
    "paint": paint,
    "name_process": name_process,
    "big": big,
    "too_big": too_big,
    "segfault": segfault,
    "leave": leave,
    "be_killed": be_killed,
    "hang": hang,
    "be_deaf": be_deaf,
    "creep": creep,
    "grow": grow,
    "allocate_at_once": allocate_at_once,
    "count_strips": count_strips,
    "refuse": refuse,
    "stumble": stumble,
    "find_a_read_only_disk": find_a_read_only_disk,
    "print_noise": print_noise,
    "send_nonsense": send_nonsense,
}


def obey(task: AnyTask, context: Context) -> Answer:
    path: bytes = getattr(task, "path", b"paint")
    name = os.path.basename(path).partition(b".")[0].partition(b"-")[0].decode()
    return HANDLERS[name](context)


if __name__ == "__main__":
    main(sys.argv[1:], find=lambda _: obey, preload=lambda _: None)
