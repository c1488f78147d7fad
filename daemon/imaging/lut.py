"""The public names for LUTs: fit one to a pair of pictures, apply one to a photo."""

from daemon.imaging.apply import apply_lut
from daemon.imaging.fit import Space, extract_lut
from daemon.imaging.quality import FoundPlace, GradeFit

__all__ = ["FoundPlace", "GradeFit", "Space", "apply_lut", "extract_lut"]
