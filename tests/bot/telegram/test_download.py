"""Which of the sizes that Telegram offers is downloaded."""

import pytest
from telegram import PhotoSize

from bot.telegram.download import best_size


def sizes(*sides: tuple[int, int]) -> list[PhotoSize]:
    return [PhotoSize(f"file{width}", f"unique{width}", width, height) for width, height in sides]


@pytest.mark.parametrize(
    ("offered", "fetched"),
    [
        ([(90, 67), (320, 240), (800, 600), (1280, 960)], 800),
        ([(90, 67), (320, 240), (640, 480), (1280, 960)], 640),
        ([(67, 90), (240, 320), (480, 640), (960, 1280)], 480),
        ([(90, 67), (320, 240)], 320),
        ([(1280, 960), (90, 67), (800, 600)], 800),
    ],
)
def test_the_smallest_size_that_is_large_enough_is_fetched(offered: list[tuple[int, int]], fetched: int) -> None:
    assert best_size(sizes(*offered)).width == fetched
