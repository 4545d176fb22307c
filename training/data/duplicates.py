"""Copies of one photo, however turned, blurred, noised or scaled, so that they stay on one side of the split."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from imagehash import phash
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.layouts import name_group

TURNS = tuple(range(-30, 31, 5))  # degrees in which a copy may be turned and still be recognized
ALIKE = 60  # of 256 bits: perceptual hashes that differ in at most so many are copies of one photo
STRICTER = (40, 24, 12, 6)  # ... where photos of all labels show one scene
SCENE = (
    0.1  # share of all photos that look alike, across labels, from which they show one scene: copies are never so many
)
FEW = 6  # photos that look alike may be that by chance, in a small set


def turned_hashes(picture: Image.Image) -> list[str]:
    """256-bit perceptual hashes of the middle of the picture, turned by each of `TURNS`, in hexadecimal."""
    small = picture.convert("L").resize((96, 96), Image.Resampling.BILINEAR)
    middle = (16, 16, 80, 80)
    return [str(phash(small.rotate(turn, Image.Resampling.BILINEAR).crop(middle), hash_size=16)) for turn in TURNS]


def copies(hashes: Sequence[Sequence[str]]) -> np.ndarray:
    """Pairs of indices of pictures that show the same photo, by their `turned_hashes`, and how many bits differ: (pairs, 3)."""
    found = [np.empty((0, 3), np.int32)]
    turned = np.array([[list(bytes.fromhex(bits)) for bits in each] for each in hashes], dtype=np.uint8)
    words = turned.reshape(len(hashes), len(TURNS), -1).view(np.uint64)
    straight = words[:, TURNS.index(0)]
    for index in range(len(hashes) - 1):
        rest = straight[index + 1 :]
        distance = np.full(len(rest), 256, dtype=np.uint16)
        for turn in words[index]:
            distance = np.minimum(distance, np.bitwise_count(rest ^ turn).sum(axis=1, dtype=np.uint16))
        others = np.flatnonzero(distance <= ALIKE)
        found.append(np.stack([np.full_like(others, index), index + 1 + others, distance[others]], 1).astype(np.int32))
    return np.concatenate(found)


def plausible(hashes: Sequence[Sequence[str]], labels: Sequence[str]) -> tuple[np.ndarray, str]:
    """Pairs of indices of copies, of shape (pairs, 2), and what the person should know of how they were found.

    A fixed camera takes photos that look alike whatever they show. Where a tenth of all photos seem to be one photo, across
    labels, fewer bits may differ, until no such crowd is left.

    Args:
        hashes: each picture's `turned_hashes`.
        labels: each picture's label.
    """
    found = copies(hashes)
    pairs, apart = found[:, :2], found[:, 2]
    groups = find_groups(pairs, len(labels))
    crowd, count = Counter(groups).most_common(1)[0]
    across = {label for label, group in zip(labels, groups, strict=True) if group == crowd}
    if count <= max(FEW, SCENE * len(labels)) or len(across) == 1:
        return pairs, ""
    for bits in STRICTER:
        kept = pairs[apart <= bits]
        left = Counter(find_groups(kept, len(labels))).most_common(1)[0][1]
        if left <= max(FEW, SCENE * len(labels)):
            rule = f"only those that differ in at most {bits} of 256 bits (not {ALIKE}) count as copies"
            break
    else:
        kept, rule = pairs[:0], "only equal files count as copies"
    scene = f"{count} of {len(labels)} photos, of {len(across)} labels, show the same scene, as a fixed camera's do"
    return kept, f"{scene}: {rule}. (None at all: --keep-copies.)"


def name_pairs(sources: Sequence[str], group_by: str | None = None) -> np.ndarray:
    """Pairs of indices of pictures of one source, and of sources whose names `group_by` (see `name_group`) puts together.

    Args:
        sources: the file that each picture was made of.
        group_by: regular expression.
    """
    pairs, first = [], dict[tuple[str, str], int]()
    for index, source in enumerate(sources):
        pairs.append((index, first.setdefault(("file", source), index)))
        if group_by and (name := name_group(source, group_by)):
            pairs.append((index, first.setdefault(("name", name), index)))
    return np.array(pairs, np.int32)


def find_groups(pairs: np.ndarray, size: int) -> list[int]:
    """A number for each of `size` pictures, the same for pictures that pairs of indices, of shape (pairs, 2), put together."""
    one, other = pairs.T
    links = coo_array((np.ones(len(pairs), dtype=bool), (one, other)), shape=(size, size))
    return [int(group) for group in connected_components(links, directed=False)[1]]
