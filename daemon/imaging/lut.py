"""The public names for LUTs: fit one to a pair of pictures, apply one to a photo."""

from daemon.imaging.apply import apply_lut

__all__ = ["apply_lut"]
