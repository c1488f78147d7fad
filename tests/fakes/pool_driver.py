"""A process that changes a pool in children of its own and kills them, each at a random moment.

Started as a script with the folder of the pools, a folder of photos and a seed. For every line on
its input it lets a child change the pool until it is killed, and prints what the pool was after the
last change that was acknowledged, and what it would be after the one that was under way.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import select
import signal
import sys
from pathlib import Path

from daemon.storage.pool_files import refer_to
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore

Slots = list[list[str]]
"""Photo, label and mask of each slot."""

PHOTOS = 12
MOST_CHANGES = 2
LATEST_S = 0.012


def seen(state: PoolState) -> Slots:
    """Return what of a pool must survive."""
    return [
        [
            os.path.basename(slot.path).decode(),
            slot.label,
            Path(slot.mask_file.decode()).read_text() if slot.mask_file else "",
        ]
        for slot in state.slots
    ]


def changed(slots: Slots, chance: random.Random, photos: list[str]) -> tuple[str, str, str, Slots]:
    """Return a random change (kind, photo, value) and what comes of it."""
    kinds = ["add", "add", "remove", "move", "label", "mask", "clear", "activate"]
    kind = chance.choice(kinds) if slots else "add"
    photo = chance.choice(photos if kind == "add" else [slot[0] for slot in slots])
    at, value = chance.randrange(PHOTOS), str(chance.randrange(10**9))
    there = next((slot for slot in slots if slot[0] == photo), [photo, "", ""])
    rest = [slot for slot in slots if slot is not there]
    if kind in ("add", "move"):
        return kind, photo, str(at), [*rest[:at], there, *rest[at:]]
    if kind == "remove":
        return kind, photo, "", rest
    new = {"label": [photo, value, there[2]], "mask": [photo, there[1], value]}
    cleared = [photo, there[1], ""] if kind == "clear" else there
    return (
        kind,
        photo,
        value,
        [new.get(kind, cleared) if slot is there else slot for slot in slots],
    )


async def carry_out(
    store: PoolStore, state: PoolState, folder: bytes, change: tuple[str, str, str]
) -> PoolState:
    """Make a change of :func:`changed`."""
    kind, photo, value = change
    slot = next(
        (each.slot for each in state.slots if os.path.basename(each.path) == photo.encode()), ""
    )
    if kind == "add":
        reference = refer_to(os.path.join(folder, photo.encode()))
        return await store.add("", [reference], at=int(value))
    if kind == "mask":
        temp = store.temporary(state)
        Path(temp.decode()).write_text(value)
        return await store.set_mask("", slot, temp, words="Mask")
    return await {
        "remove": lambda: store.remove("", [slot]),
        "move": lambda: store.move("", [slot], int(value)),
        "label": lambda: store.label("", slot, value),
        "clear": lambda: store.set_mask("", slot, None, words="No mask"),
        "activate": lambda: store.activate("", slot),
    }[kind]()


async def change_forever(pools: Path, folder: bytes, out: int, chance: random.Random) -> None:
    """Change the pool; say before each change what comes of it, and afterwards that it is done."""
    photos = sorted(os.fsdecode(name) for name in os.listdir(folder))
    store = PoolStore(pools)
    state = await store.get()
    slots = seen(state)
    taken: list[Slots] = []
    while True:
        if taken and chance.random() < 0.2:
            change, after = ("undo", "", ""), taken.pop()
        else:
            *change, after = changed(slots, chance, photos)
            if change[0] != "activate" and after != slots:
                taken.append(slots)
        os.write(out, json.dumps(after).encode() + b"\n")
        if change[0] == "undo":
            state = await store.undo("")
        else:
            state = await carry_out(store, state, folder, tuple(change))
        slots = seen(state)
        told = "done" if slots == after else f"wrong {change} gave {slots}, not {after}"
        os.write(out, told.encode() + b"\n")


def one_life(pools: Path, folder: bytes, seed: int) -> dict[str, object]:
    """Have a child change the pool and kill it; return what it said."""
    chance = random.Random(seed)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(change_forever(pools, folder, writer, chance))
        except BaseException as error:  # noqa: BLE001 - the child says so and ends
            os.write(writer, f"wrong {error!r}\n".encode())
        finally:
            os._exit(1)
    os.close(writer)
    said = b""
    wanted = chance.randrange(MOST_CHANGES)
    while said.count(b"done\n") < wanted and b"wrong" not in said:
        said += os.read(reader, 65536)
    select.select([], [], [], chance.random() * LATEST_S)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reader, 65536):
        said += piece
    os.close(reader)
    lines = said.decode().splitlines()
    states = [json.loads(line) for line in lines if line.startswith("[")]
    done = lines.count("done")
    return {
        "wrong": [line for line in lines if line.startswith("wrong")],
        "begun": len(states),
        "acknowledged": states[done - 1] if done else None,
        "under_way": states[done] if len(states) > done else None,
    }


def main() -> None:
    """Answer every line with one life."""
    pools, folder, seed = Path(sys.argv[1]), os.fsencode(sys.argv[2]), int(sys.argv[3])
    for number, _ in enumerate(sys.stdin):
        sys.stdout.write(json.dumps(one_life(pools, folder, seed + number)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
