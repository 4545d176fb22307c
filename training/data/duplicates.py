"""Copies of one photo, however turned, blurred, noised or scaled, so that they stay on one side of the split."""

from collections.abc import Iterable, Sequence

import numpy as np
from imagehash import phash
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.layouts import name_group

TURNS = tuple(range(-30, 31, 5))  # degrees in which a copy may be turned and still be recognized
ALIKE = 60  # of 256 bits: perceptual hashes that differ in at most so many are copies of one photo


def turned_hashes(picture: Image.Image) -> list[str]:
    """256-bit perceptual hashes of the middle of the picture, turned by each of `TURNS`, in hexadecimal."""
    small = picture.convert("L").resize((96, 96), Image.Resampling.BILINEAR)
    middle = (16, 16, 80, 80)
    return [str(phash(small.rotate(turn, Image.Resampling.BILINEAR).crop(middle), hash_size=16)) for turn in TURNS]


def copies(hashes: Sequence[Sequence[str]]) -> Iterable[tuple[int, int]]:
    """Pairs of indices of pictures that show the same photo, by their `turned_hashes`."""
    turned = np.array([[list(bytes.fromhex(bits)) for bits in each] for each in hashes], dtype=np.uint8)
    words = turned.reshape(len(hashes), len(TURNS), -1).view(np.uint64)
    straight = words[:, TURNS.index(0)]
    for index in range(len(hashes) - 1):
        rest = straight[index + 1 :]
        distance = np.full(len(rest), 256, dtype=np.uint16)
        for turn in words[index]:
            distance = np.minimum(distance, np.bitwise_count(rest ^ turn).sum(axis=1, dtype=np.uint16))
        for other in np.flatnonzero(distance <= ALIKE):
            yield index, index + 1 + int(other)


def find_groups(hashes: Sequence[Sequence[str]], sources: Sequence[str], group_by: str | None = None) -> list[int]:
    """A number for each picture, the same for pictures that must stay on one side of the split.

    These are copies, pictures of one source, and sources whose names `group_by` (see `name_group`) puts together.

    Args:
        hashes: each picture's `turned_hashes`.
        sources: the file that each was made of.
    """
    pairs = list(copies(hashes))
    first: dict[tuple[str, str], int] = {}
    for index, source in enumerate(sources):
        pairs.append((index, first.setdefault(("file", source), index)))
        if group_by and (name := name_group(source, group_by)):
            pairs.append((index, first.setdefault(("name", name), index)))
    size = len(sources)
    links = coo_array((np.ones(len(pairs), dtype=bool), tuple(zip(*pairs, strict=True))), shape=(size, size))
    return [int(group) for group in connected_components(links, directed=False)[1]]
