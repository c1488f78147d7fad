"""Starts the measurement; see docs/fidelity.md."""

import sys

from benchmarks.fidelity.program import main

sys.exit(main())
