"""The page's sentences, one file for each language."""

from pathlib import Path

from model.wording import Texts

TEXTS = Texts(Path(__file__).parent)
language_of, listed, say = TEXTS.language_of, TEXTS.listed, TEXTS.say
direction_of, name_of = TEXTS.direction_of, TEXTS.name_of
