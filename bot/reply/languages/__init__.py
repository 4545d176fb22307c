"""The bot's sentences, one file for each language."""

from pathlib import Path

from model.wording import Texts

TEXTS = Texts(Path(__file__).parent)
LANGUAGES, language_of, listed, say = TEXTS.languages, TEXTS.language_of, TEXTS.listed, TEXTS.say
name_of = TEXTS.name_of
