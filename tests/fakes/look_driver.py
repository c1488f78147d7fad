"""Changes a looks library and says so, line by line, until it is killed (a process of its own)."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
from pathlib import Path

from daemon.protocol.values import LookInfo
from daemon.storage.looks import LookStore

CUBE = 'TITLE "{}"\nLUT_3D_SIZE 2\n0 0 0\n'


def say(*words: str) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


async def drive(folder: Path, seed: int) -> None:
    """Change the library by chance; every line tells what was answered."""
    chance = random.Random(seed)
    store = LookStore(folder)
    for number in itertools.count():
        looks = await store.all()
        action = chance.choice(["add", "add", "rename", "delete", "restore"])
        if action == "add" or not looks:
            name = f"Look {seed} {number}"
            fresh = await store.temporary()
            fresh.write_text(CUBE.format(name))
            look = await store.add(LookInfo(look_id="", name=name, added=0.0), fresh)
            say("add", look.look_id, look.name)
            continue
        look = chance.choice(looks)
        if action == "rename":
            renamed = await store.rename(look.look_id, f"New {seed} {number}")
            say("rename", look.look_id, renamed.name)
            continue
        await store.delete(look.look_id)
        say("delete", look.look_id)
        if action == "restore":
            await store.restore(look.look_id)
            say("restore", look.look_id)


if __name__ == "__main__":
    asyncio.run(drive(Path(sys.argv[1]), int(sys.argv[2])))
