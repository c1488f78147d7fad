"""How long the daemon takes to answer while a host sends it the worst there is.

The hosts are those of the fault tests: the built-in one behind a proxy that spoils what passes. For
each switch one job runs while another client asks for the status, a hundred times a second; the
memory is that of the daemon's process at its highest. Bounds: 200 ms, and no growth from one job to
the next. Run from the project's folder:

    python -m benchmarks.hostile_host [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys

from daemon.protocol.messages import DaemonStatus, StatusRequest
from daemon.workers.limits import resident_bytes
from tests.fakes.faults import SWITCHES
from tests.fakes.studio import Client, Pings, Studio, running_studio

HEAVY = (
    "nothing",
    "60000 x 60000",
    "bomb in a text",
    "history of 60 MB",
    "100,000 results",
    "history of brackets",
    "junk on the socket",
    "malformed",
    "slow drip",
)


def measure(studio: Studio, client: Client, switch: str) -> dict[str, object]:
    """Run one job with the switch on; milliseconds and megabytes."""
    studio.host.switch(SWITCHES[switch]())
    with Pings(studio) as pings:
        job = client.until(client.begin(studio.photo(switch)), within_s=30)
    studio.host.switch()
    return {
        "switch": switch,
        "job": job.state,
        "pings": pings.answered,
        "median_ms": round(statistics.median(pings.took_s) * 1e3, 2),
        "slowest_ms": round(max(pings.took_s) * 1e3, 1),
        "daemon_mb": resident_bytes(studio.pid) >> 20,
    }


def main() -> int:
    """Measure all of them; 1 where an answer took longer than 200 ms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    options = parser.parse_args()
    slowest = 0.0
    with running_studio() as studio:
        connection = studio.connect()
        client = Client(connection)
        connection.request(StatusRequest(), DaemonStatus)
        client.until(client.begin(studio.photo("first")))
        for switch in HEAVY:
            found = measure(studio, client, switch)
            slowest = max(slowest, float(str(found["slowest_ms"])))
            if options.json:
                print(json.dumps(found))
            else:
                print(
                    "{switch:22} {job:7} median {median_ms:7} ms, slowest {slowest_ms:7} ms, "
                    "{pings:4} answers, daemon {daemon_mb} MB".format(**found)
                )
        connection.close()
    return int(slowest > 200)


if __name__ == "__main__":
    sys.exit(main())
