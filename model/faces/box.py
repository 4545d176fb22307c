"""Defines a rectangle in pixels, and how much two of them overlap."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; `right` and `bottom` are the first pixels outside."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def overlap(self, other: "Box") -> float:
        """Returns the intersection over union, 0 to 1."""
        both = self._intersection(other)
        return both / (self.area + other.area - both) if both else 0.0

    def shared(self, other: "Box") -> float:
        """Returns the intersection over the smaller of the two areas, 0 to 1."""
        both = self._intersection(other)
        return both / min(self.area, other.area) if both else 0.0

    def _intersection(self, other: "Box") -> float:
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def scaled(self, factor: float) -> "Box":
        return Box(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def within(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Returns whole pixels inside a picture of that size, at least one pixel wide and high."""
        left = min(max(round(self.left), 0), width - 1)
        top = min(max(round(self.top), 0), height - 1)
        return left, top, min(max(round(self.right), left + 1), width), min(max(round(self.bottom), top + 1), height)
