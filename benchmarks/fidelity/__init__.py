"""How close a grade at full size comes to the truth, against other methods, on real photos."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy comes: cases run side by side, sums do not
