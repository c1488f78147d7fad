"""A user's script against the real daemon: it rates, copies, and its work can be undone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.end2end.program import TIMEOUT_S, Program

SCRIPT = '''"""Rate and copy"""


def run(api, photos):
    api.set_rating(photos, 4)
    copies = api.copy(photos, {target!r})
    api.message(f"{{photos[0].rating}} {{photos[0].facts['width']}} {{len(copies)}}")
'''


def test_a_script_rates_copies_and_reads_facts(
    program: Program, photo: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copies"
    target.mkdir()
    file = tmp_path / "script.py"
    file.write_text(SCRIPT.format(target=str(target)))
    done = subprocess.run(
        [sys.executable, "-m", "rabbitviewer.scripts.runner", str(file)],
        input=json.dumps({"paths": [bytes(photo).hex()]}),
        env=program.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"message": "4 512 1"} in told, done.stderr
    assert told[-1] == {"done": True}
    assert (target / "photo.jpg").read_bytes() == photo.read_bytes()
    assert (target / "photo.jpg.xmp").exists()
