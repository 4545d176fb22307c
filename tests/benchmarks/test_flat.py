"""Whether many photos cost ever more: each part is said as it ends, and at the end whether anything grew."""

import pytest

from benchmarks import flat
from benchmarks.pictures import photo
from model import Classifier


def test_each_part_is_said_and_at_the_end_whether_anything_grew(capsys: pytest.CaptureFixture[str]) -> None:
    flat.main(photos=35, parts=3)
    *parts, verdict = capsys.readouterr().out.splitlines()
    assert [line[:23].strip() for line in parts] == [
        "a small photo, 1 to 11",
        "a small photo, 12 to 23",
        "a small photo, 24 to 35",
    ]
    assert verdict.startswith("a small photo, the last part relative to the first") and verdict.endswith(
        "grew in 35 photos"
    )


@pytest.mark.parametrize(
    ("values", "times"), [([5, 5, 5, 5], 1), ([10, 11, 12, 13], 1.3), ([10, 20, 5, 15], 1.0), ([4, 3, 2], 0.5)]
)
def test_growth_is_read_off_the_line_through_all_parts(values: list[float], times: float) -> None:
    assert flat.growth(values) == pytest.approx(times, abs=0.05)


class Growing:
    """Answers what the shipped classifier once did, and holds a megabyte more for each photo; is interrupted in the end."""

    def __init__(self, until: int):
        self._answer, self._left, self.held = Classifier.open().predict(photo()), until, 200.0

    def predict(self, data: bytes) -> object:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        self.held += 1
        return self._answer


@pytest.mark.parametrize(("until", "rows"), [(100 + 45, 4), (100 + 60, 6)])
def test_who_interrupts_it_is_told_what_was_measured_until_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, until: int, rows: int
) -> None:
    growing = Growing(until)
    monkeypatch.setattr(Classifier, "open", lambda: growing)
    monkeypatch.setattr(flat, "memory", lambda process, kind: growing.held)
    flat.main(photos=100, parts=10)
    *parts, verdict = capsys.readouterr().out.splitlines()
    assert len(parts) == rows
    assert f"memory grew in {rows * 10} photos" in verdict


def test_too_little_to_tell_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    growing = Growing(115)
    monkeypatch.setattr(Classifier, "open", lambda: growing)
    with pytest.raises(SystemExit, match="enough to tell"):
        flat.main(photos=100, parts=10)
