"""Finds what can be looked at in a message: a photo, a sticker, a film of which one frame is looked at, or a file."""

from collections.abc import Callable, Sequence

from telegram import Message, PhotoSize

from bot.telegram.download import Attachment, best_size


def attachment_of(
    message: Message, choose: Callable[[Sequence[PhotoSize]], PhotoSize] = best_size
) -> Attachment | None:
    """The photo of a message in the chosen size, its sticker, film or file; None where it has none that can be looked at."""
    if message.photo:
        return choose(message.photo)
    sticker = message.sticker if message.sticker and not message.sticker.is_animated else None
    return film_of(message) or sticker or message.document


def film_of(message: Message) -> Attachment | None:
    """The GIF, video, video message or video sticker of a message, or the video that it holds as a file."""
    sticker = message.sticker if message.sticker and message.sticker.is_video else None
    file = message.document if message.document and (message.document.mime_type or "").startswith("video/") else None
    return message.animation or message.video or message.video_note or sticker or file


def of_another_chat(message: Message) -> Message | None:
    """A message that holds the photo of another chat it replies to; None where Telegram hands over none."""
    elsewhere = message.external_reply
    if elsewhere is None:
        return None
    photo = Message(
        message.message_id,
        message.date,
        message.chat,
        photo=elsewhere.photo,
        document=elsewhere.document,
        animation=elsewhere.animation,
        video=elsewhere.video,
        video_note=elsewhere.video_note,
        sticker=elsewhere.sticker,
        message_thread_id=message.message_thread_id,
        is_topic_message=message.is_topic_message,
    )
    photo.set_bot(message.get_bot())
    return photo if attachment_of(photo) else None
