"""What people send, as the bot downloads it."""

import io

import httpx
import pytest
from PIL import Image

from localchat import LocalChat
from localchat.files import Files
from localchat.photos import encode_sizes
from tests.localchat.conftest import Call, picture, size
from tests.person import Person


def download(chat: LocalChat, path: str) -> bytes:
    answer = httpx.get(f"{chat.url}/file/bot{chat.token}/{path}", trust_env=False)
    assert answer.status_code == 200
    return answer.content


@pytest.mark.parametrize(
    ("sent", "offered"),
    [
        ((3000, 1500), [(90, 45), (320, 160), (800, 400), (1280, 640)]),
        ((1280, 960), [(90, 68), (320, 240), (800, 600), (1280, 960)]),
        ((400, 500), [(72, 90), (256, 320), (400, 500)]),
        ((90, 60), [(90, 60)]),
        ((1, 1), [(1, 1)]),
    ],
)
def test_a_photo_is_offered_in_sizes_and_never_enlarged(sent: tuple[int, int], offered: list[tuple[int, int]]) -> None:
    encoded = encode_sizes(picture(*sent))
    assert [dimensions for dimensions, _ in encoded] == offered
    assert [size(data) for _, data in encoded] == offered


def test_a_photo_reaches_the_bot_as_jpeg_and_upright(chat: LocalChat, ada: Person, call: Call) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    ada.send_photo(picture(200, 100, kind="JPEG", exif=exif))
    largest = call("getUpdates")["result"][0]["message"]["photo"][-1]
    assert (largest["width"], largest["height"]) == (100, 200)
    file = call("getFile", file_id=largest["file_id"])["result"]
    data = download(chat, file["file_path"])
    assert len(data) == file["file_size"] == largest["file_size"]
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        assert image.size == (100, 200)
        assert not image.getexif()


def test_a_transparent_picture_is_put_on_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(buffer, "PNG")
    with Image.open(io.BytesIO(encode_sizes(buffer.getvalue())[0][1])) as image:
        assert min(image.getpixel((10, 10))) > 250  # type: ignore[type-var, arg-type]


def test_a_file_keeps_its_bytes_name_and_type(chat: LocalChat, ada: Person, call: Call) -> None:
    data = picture(kind="BMP")
    ada.send_file(data, "sky.bmp", "image/bmp")
    document = call("getUpdates")["result"][0]["message"]["document"]
    assert (document["file_name"], document["mime_type"], document["file_size"]) == ("sky.bmp", "image/bmp", len(data))
    path = call("getFile", file_id=document["file_id"])["result"]["file_path"]
    assert path.endswith(".bmp")
    assert download(chat, path) == data


def test_a_bot_cannot_download_more_than_20_mb(ada: Person, call: Call) -> None:
    ada.send_file(bytes(20 * 2**20 + 1), "big.jpg", "image/jpeg")
    ada.send_file(bytes(20 * 2**20), "just.jpg", "image/jpeg")
    big, just = (update["message"]["document"]["file_id"] for update in call("getUpdates")["result"])
    assert call("getFile", file_id=big)["description"] == "Bad Request: file is too big"
    assert call("getFile", file_id=just)["ok"] is True


def test_a_file_that_is_not_there_cannot_be_downloaded(chat: LocalChat, call: Call) -> None:
    unknown = call("getFile", file_id="AgACunknown")["description"]
    assert unknown == "Bad Request: wrong file_id or the file is temporarily unavailable"
    assert httpx.get(f"{chat.url}/file/bot{chat.token}/photos/file_9.jpg", trust_env=False).status_code == 404


def test_the_oldest_files_go_when_there_are_too_many_bytes() -> None:
    files = Files(max_bytes=100)
    kept = [files.add(bytes(40), "documents", "text/plain") for _ in range(3)]
    assert [files.get(file.file_id) is not None for file in kept] == [False, True, True]
    assert [files.at(file.path) is not None for file in kept] == [False, True, True]
    large = files.add(bytes(500), "documents", "text/plain")
    assert files.get(large.file_id) is large
    assert files.get(kept[2].file_id) is None
