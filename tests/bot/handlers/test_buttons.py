"""What buttons carry: small enough for Telegram, read back as written, and nothing that a stranger makes up."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from telegram import InlineKeyboardMarkup, PhotoSize

from bot.handlers.buttons import (
    MOST_FACES,
    PER_PAGE,
    PER_ROW,
    UNITS,
    Action,
    ButtonData,
    answer_keyboard,
    checksum,
    choices,
    faces_keyboard,
    labels_keyboard,
)
from bot.reply.drawing import cut_out
from model import Bundle, Face, Manifest, Prediction
from model.bundle import FaceSearch
from tests.bot.photos import encoded

MANY = 30_000
PHOTO = PhotoSize("a", "unique", 640, 480)


def bundle(names: list[str], find: bool = False) -> Bundle:
    return Bundle(Path(), Manifest(name="any", labels=names, faces=FaceSearch(find=find), files={}))


def rows(keyboard: InlineKeyboardMarkup) -> list[list[tuple[str, str]]]:
    return [[(button.text, str(button.callback_data)) for button in row] for row in keyboard.inline_keyboard]


edges = st.tuples(*[st.integers(0, UNITS)] * 4).filter(lambda box: box[0] < box[2] and box[1] < box[3])
written = st.builds(
    ButtonData,
    st.sampled_from(Action),
    st.integers(0, 2**32 - 1).map(lambda number: f"{number:08x}"),
    st.none() | st.integers(0, MANY - 1),
    st.integers(0, MANY - 1),
    st.none() | edges,
)


@given(written)
def test_a_button_s_data_is_read_back_and_fits(button: ButtonData) -> None:
    assert len(button.write().encode()) <= 64
    assert ButtonData.read(button.write(), MANY) == button


numbers = st.integers(0, 10**6).map(str) | st.just("")
made_up = st.tuples(st.sampled_from("rwynfplx"), numbers, numbers, st.lists(numbers, max_size=5)).map(
    lambda parts: f"f:{parts[0]}:0123abcd:{parts[1]}:{parts[2]}:{'.'.join(parts[3])}"
)


@given(st.text() | made_up)
def test_data_that_somebody_makes_up_names_a_label_and_a_place_or_is_nothing(data: str) -> None:
    button = ButtonData.read(data, 3)
    if button:
        assert (button.number < 3 or button.action is Action.PAGE) and (button.given is None or button.given < 3)
        left, top, right, bottom = button.box or (0, 0, 1, 1)
        assert 0 <= left < right <= UNITS and 0 <= top < bottom <= UNITS


def test_many_labels_are_offered_page_by_page() -> None:
    names = [f"{number:02}" for number in range(20)]
    button = ButtonData(Action.YES, "0" * 8, given=3)
    seen = []
    for page in range(3):
        *shown, turns, last = rows(
            labels_keyboard(ButtonData(Action.PAGE, button.checksum, 3, page), bundle(names), "en")
        )
        seen += [row[0][0] for row in shown]
        assert len(shown) <= PER_PAGE and last[0][0].startswith("None")
        assert [sign for sign, _ in turns] == (["›"], ["‹", "›"], ["‹"])[page]
        assert [ButtonData.read(data, 20).number for _, data in turns] == ([1], [0, 2], [1])[page]  # type: ignore[union-attr]
    assert seen == [name for name in names if name != "03"]


def test_a_page_that_is_not_there_is_the_last_one() -> None:
    assert rows(labels_keyboard(ButtonData(Action.PAGE, "0" * 8, 0, 2), bundle(["a", "b", "c"]), "en"))[0][0][0] == "b"


def test_the_faces_of_a_crowd_are_offered_page_by_page() -> None:
    crowd = Prediction((5000, 10), tuple(Face((n, 0, n + 1, 10), "a", {"a": 1.0}, True) for n in range(100)))
    button, seen = ButtonData(Action.YES, "0" * 8), []
    for page in range(5):
        *shown, turns, last = rows(faces_keyboard(button, crowd, bundle(["a", "b"], find=True), "en"))
        seen += [text for row in shown for text, _ in row]
        assert len(shown) * PER_ROW <= MOST_FACES and last[0][0] == "No"
        assert all(ButtonData.read(data, 3) for row in [*shown, last] for _, data in row)
        button = ButtonData.read(turns[-1][1], 3) or button
        assert [sign for sign, _ in turns] == (["›"] if page == 0 else ["‹", "›"] if page < 4 else ["‹"])
    assert seen == [str(number) for number in range(1, 101)]


def test_another_photo_and_other_labels_have_another_seal() -> None:
    two, three = bundle(["a", "b"]), bundle(["a", "b", "c"])
    assert checksum(PHOTO, two) == checksum(PHOTO, two)
    assert len({checksum(PHOTO, two), checksum(PHOTO, three), checksum(PhotoSize("b", "other", 1, 1), two)}) == 3


def test_nothing_is_asked_where_nothing_was_answered() -> None:
    assert answer_keyboard((), PHOTO, bundle(["a", "b"]), "en", asks=True, why=False) is None
    assert choices(bundle(["a", "b"])) == ["a", "b"]
    assert choices(bundle(["a", "b", "no_face"], find=True)) == ["a", "b", "no_face"]


@pytest.mark.parametrize("box", [None, (2500, 2500, 5000, 5000)])
def test_what_is_given_says_nothing_beside_its_pixels(box: tuple[int, int, int, int] | None) -> None:
    secret = Image.Exif()
    secret[0x010E] = "Grace's house"
    photo = encoded(Image.new("RGB", (400, 200)), exif=secret, comment=b"at home")
    assert b"Grace" in photo and b"at home" in photo
    given = cut_out(photo, box, UNITS)
    assert b"Grace" not in given and b"at home" not in given


def test_a_face_is_cut_out_with_what_is_around_it_as_far_as_the_photo_goes() -> None:
    photo = encoded(Image.new("RGB", (400, 400)))
    middle, corner = (cut_out(photo, box, UNITS) for box in ((4000, 4000, 6000, 6000), (0, 0, 2000, 2000)))
    assert Image.open(io.BytesIO(middle)).size == (160, 160)
    assert Image.open(io.BytesIO(corner)).size == (120, 120)


def test_right_and_wrong_differ_in_color() -> None:
    keyboard = answer_keyboard(["a"], PHOTO, bundle(["a", "b"]), "en", asks=True, why=True)
    assert keyboard is not None
    assert [button.style for row in keyboard.inline_keyboard for button in row] == ["success", "danger", None]
