"""How a photo is turned and mirrored for looking, without its file being touched."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ViewTurn:
    """Mirrored left to right first, then turned clockwise.

    Attributes:
        quarters: Quarter turns, 0..3.
        mirrored: Left and right are exchanged before turning.
    """

    quarters: int = 0
    mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self.quarters % 2 == 1

    def right(self) -> ViewTurn:
        """Return this turned clockwise."""
        return dataclasses.replace(self, quarters=(self.quarters + 1) % 4)

    def left(self) -> ViewTurn:
        """Return this turned counter-clockwise."""
        return dataclasses.replace(self, quarters=(self.quarters + 3) % 4)

    def mirror(self) -> ViewTurn:
        """Return this with left and right exchanged as it is seen."""
        return ViewTurn(-self.quarters % 4, not self.mirrored)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of a turned picture."""
        return (height, width) if self.swaps_sides else (width, height)


UPRIGHT = ViewTurn()
