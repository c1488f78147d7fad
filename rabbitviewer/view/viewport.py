"""Where a photo lies in its area: fit, zoom at a point, pan; plain arithmetic in device pixels."""

from __future__ import annotations

import dataclasses

MAX_ZOOM = 16.0


@dataclasses.dataclass(frozen=True)
class Viewport:
    """A photo of *source* pixels seen through an area of device pixels.

    Attributes:
        area_width: Width of the area, device pixels.
        area_height: Height of the area, device pixels.
        source_width: Width of the upright photo, its own pixels.
        source_height: Height of the upright photo.
        zoom: Device pixels per photo pixel; 1.0 is 100 %.
        center_x: The photo's column under the middle of the area.
        center_y: The photo's row under the middle of the area.
        fitted: The whole photo is shown, and stays so when the area changes.
        largest_fit: A small photo is not fitted larger than this zoom.
    """

    area_width: int
    area_height: int
    source_width: int
    source_height: int
    zoom: float = 1.0
    center_x: float = 0.0
    center_y: float = 0.0
    fitted: bool = True
    largest_fit: float = 1.0

    @property
    def fit_zoom(self) -> float:
        """The zoom at which the whole photo just fits."""
        if not (self.source_width and self.source_height):
            return 1.0
        wide = self.area_width / self.source_width
        high = self.area_height / self.source_height
        return max(min(wide, high, self.largest_fit), 1e-6)

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, top, width, height of the photo; whole pixels, so that 100 % is crisp."""
        width = self.source_width * self.zoom
        height = self.source_height * self.zoom
        left = self.area_width / 2 - self.center_x * self.zoom
        top = self.area_height / 2 - self.center_y * self.zoom
        size = max(round(width), 1), max(round(height), 1)
        return float(round(left)), float(round(top)), float(size[0]), float(size[1])

    def to_fit(self) -> Viewport:
        """Show the whole photo."""
        return dataclasses.replace(
            self,
            zoom=self.fit_zoom,
            center_x=self.source_width / 2,
            center_y=self.source_height / 2,
            fitted=True,
        )

    def zoomed(self, zoom: float, at_x: float, at_y: float) -> Viewport:
        """Zoom to *zoom*; what lies under the area's point (*at_x*, *at_y*) stays there."""
        zoom = min(max(zoom, min(self.fit_zoom, 1.0)), MAX_ZOOM)
        if zoom <= self.fit_zoom * 1.0001 and self.fit_zoom <= 1.0:
            return self.to_fit()
        from_middle_x = at_x - self.area_width / 2
        from_middle_y = at_y - self.area_height / 2
        return dataclasses.replace(
            self,
            zoom=zoom,
            center_x=self.center_x + from_middle_x / self.zoom - from_middle_x / zoom,
            center_y=self.center_y + from_middle_y / self.zoom - from_middle_y / zoom,
            fitted=False,
        )._kept_inside()

    def panned(self, by_x: float, by_y: float) -> Viewport:
        """Move the photo by device pixels; its edges do not come inside the area."""
        return dataclasses.replace(
            self,
            center_x=self.center_x - by_x / self.zoom,
            center_y=self.center_y - by_y / self.zoom,
        )._kept_inside()

    def resized(self, width: int, height: int, largest_fit: float = 1.0) -> Viewport:
        """The area changed; a fitted photo stays fitted, a zoomed one keeps its middle."""
        changed = dataclasses.replace(
            self, area_width=width, area_height=height, largest_fit=largest_fit
        )
        return changed.to_fit() if self.fitted else changed._kept_inside()

    def with_source(self, width: int, height: int) -> Viewport:
        """Another photo: fitted stays fitted; a zoom stays, at the same place in proportion."""
        changed = dataclasses.replace(self, source_width=width, source_height=height)
        if self.fitted or not (self.source_width and self.source_height):
            return changed.to_fit()
        return dataclasses.replace(
            changed,
            center_x=self.center_x / self.source_width * width,
            center_y=self.center_y / self.source_height * height,
        )._kept_inside()

    def in_step_with(self, other: Viewport) -> Viewport:
        """Look at this photo as *other* looks at its own: as near, at the same place in proportion.

        Nearness counts from the fitted photo, so that two sizes of one scene show the same of it.
        """
        if other.fitted or not (other.source_width and other.source_height):
            return self.to_fit()
        return dataclasses.replace(
            self,
            zoom=min(self.fit_zoom * other.zoom / other.fit_zoom, MAX_ZOOM),
            center_x=other.center_x / other.source_width * self.source_width,
            center_y=other.center_y / other.source_height * self.source_height,
            fitted=False,
        )._kept_inside()

    def to_source(self, x: float, y: float) -> tuple[float, float]:
        """The photo's (column, row) under a point of the area."""
        left, top, _, _ = self.rect
        return (x - left) / self.zoom, (y - top) / self.zoom

    def _kept_inside(self) -> Viewport:
        return dataclasses.replace(
            self,
            center_x=_keep(self.center_x, self.source_width, self.area_width / self.zoom),
            center_y=_keep(self.center_y, self.source_height, self.area_height / self.zoom),
        )


def _keep(center: float, length: float, seen: float) -> float:
    if seen >= length:
        return length / 2
    return min(max(center, seen / 2), length - seen / 2)
