"""python-telegram-bot takes the local chat for Telegram."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot, BotCommandScopeAllPrivateChats, InputMediaPhoto, ReplyParameters
from telegram.error import BadRequest, Conflict, InvalidToken

from localchat import LocalChat
from tests.localchat import echo_bot
from tests.localchat.conftest import picture, size
from tests.person import Person


@pytest.fixture
async def bot(chat: LocalChat) -> AsyncIterator[Bot]:
    async with Bot(chat.token, f"{chat.url}/bot", f"{chat.url}/file/bot") as initialized:
        yield initialized


def test_a_bot_answers_texts_photos_albums_files_and_buttons(chat: LocalChat, ada: Person) -> None:
    with echo_bot.running(chat):
        ada.say("/start")
        [hello] = ada.answers()
        assert hello["text"] == "Hello you, try /wait"
        ada.press(hello, "edit")
        ada.send_photo(picture(200, 100))
        [shown] = ada.answers()
        assert shown["caption"] == "200 x 100"
        assert size(ada.picture(shown)) == (200, 100)
        ada.send_album([picture(), picture()])
        assert [message["caption"] for message in ada.answers(2)] == ["60 x 40", "60 x 40"]
        ada.send_file(b"text", "a.txt", "text/plain")
        assert ada.answers()[0]["text"] == "You sent: file a.txt"
        ada.silence(0.3)
    assert [event["message"]["text"] for event in ada.seen if event["type"] == "edit"] == ["Something else"]


def test_what_was_sent_while_the_bot_was_away_is_answered_when_it_comes_and_only_once(
    chat: LocalChat, ada: Person
) -> None:
    ada.say("early")
    with echo_bot.running(chat):
        assert ada.answers()[0]["text"] == "You sent: early"
    with echo_bot.running(chat):
        ada.silence(0.5)


async def test_refusals_become_the_librarys_errors(chat: LocalChat, ada: Person, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(1, "hi")
    ada.say("hello")
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(1, "hi", reply_parameters=ReplyParameters(99))
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await bot.send_message(1, "<x>", parse_mode="HTML")
    with pytest.raises(InvalidToken):
        await Bot("2:another", f"{chat.url}/bot").initialize()
    await bot.set_webhook("http://127.0.0.1:9/")
    with pytest.raises(Conflict):
        await bot.get_updates()


async def test_an_album_is_uploaded(ada: Person, bot: Bot) -> None:
    ada.say("hello")
    sent = await bot.send_media_group(1, [InputMediaPhoto(picture(), caption="one"), InputMediaPhoto(picture())])
    assert len(sent) == 2
    assert [message.get("caption") for message in ada.answers(2)] == ["one", None]


async def test_a_bot_describes_itself(bot: Bot) -> None:
    await bot.set_my_commands([("help", "Aide")], scope=BotCommandScopeAllPrivateChats(), language_code="fr")
    commands = await bot.get_my_commands(scope=BotCommandScopeAllPrivateChats(), language_code="fr")
    assert [(command.command, command.description) for command in commands] == [("help", "Aide")]
    await bot.set_my_short_description("Short")
    assert (await bot.get_my_short_description()).short_description == "Short"
    assert (await bot.get_webhook_info()).pending_update_count == 0


@pytest.mark.parametrize(
    "kind", ["sticker", "video", "animation", "video_note", "voice", "location", "contact", "poll", "dice"]
)
async def test_the_library_understands_every_kind_of_message(ada: Person, bot: Bot, kind: str) -> None:
    ada.send(kind, b"bytes")
    [update] = await bot.get_updates()
    assert update.message is not None
    assert getattr(update.message, kind) is not None
    assert (await bot.get_chat(1)).first_name == "Ada"
