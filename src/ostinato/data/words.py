"""Text cut into words or characters, for any script.

Words follow the letters, digits and marks of Unicode rather than a list of languages:

    don't, l'été, jalapeño    one word each: letters with their marks, apostrophes inside
    3,141.5                   one number
    東京                      one word for each character, as Chinese and Japanese set no spaces
    <br />                    a tag of HTML is one word
    ! … 👩‍👩‍👧 🇫🇷            each sign is a word; a composed sign is one

A character is what a reader would call one: a letter with its marks, a composed emoji.
Rules close to, and simpler than, Unicode Standard Annex 29; Unicode's tables are those of the
`regex` package, the same for every Python.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import regex

_TAG = r"</?[A-Za-z][^<>]{0,80}>"
_ASCII_WORDS = re.compile(rf"[A-Za-z]+(?:'[A-Za-z]+)*|[0-9]+(?:[.,][0-9]+)*|{_TAG}|[^\sA-Za-z0-9]")
# What belongs to the sign before it: combining marks (so variation selectors too), skin tones, and
# the tags that end the flags of regions.
_MARKS = r"\p{M}\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
# Scripts without spaces, one word for each sign; the last three belong to several scripts.
_SINGLE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\u3006\u30fc\uff70]"
_NO_SPACE = r"[^\s\x1c-\x1f]"
_TOKENS = re.compile(r"\n|\S+")


def normalize(text: str, *, lowercase: bool) -> str:
    """One form for texts that look the same: composed letters (NFC), lower case if asked."""
    if lowercase:
        text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def split_words(text: str) -> list[str]:
    """Words, numbers and signs in the order of the text; white space is dropped."""
    if text.isascii():
        return _ASCII_WORDS.findall(text)
    return _unicode_words().findall(text.replace("\u2019", "'"))


def split_tokens(text: str) -> list[str]:
    """What white space sets apart, and each line's end as "\\n": texts cut into tokens already."""
    return _TOKENS.findall(text)


def word_places(text: str) -> list[tuple[int, int]]:
    """Where each word of `split_words` begins and ends in the text, in characters."""
    if text.isascii():
        return [found.span() for found in _ASCII_WORDS.finditer(text)]
    return [found.span() for found in _unicode_words().finditer(text.replace("\u2019", "'"))]


def split_characters(text: str) -> list[str]:
    """Characters as a reader counts them; joined together they are the text again."""
    if text.isascii():
        return list(text)
    return _unicode_characters().findall(text)


@functools.cache
def _unicode_words() -> regex.Pattern[str]:
    letter = rf"(?:(?!{_SINGLE})[\p{{L}}\p{{Nl}}\p{{No}}][{_MARKS}\u200c\u200d]*)"
    return regex.compile(
        rf"{letter}+(?:'{letter}+)*|\d+(?:[.,]\d+)*|{_SINGLE}[{_MARKS}]*|{_TAG}"
        rf"|{_composed_sign(_NO_SPACE)}"
    )


@functools.cache
def _unicode_characters() -> regex.Pattern[str]:
    return regex.compile(rf"\r\n|{_composed_sign('.')}", regex.DOTALL)


def _composed_sign(first: str) -> str:
    flag = "[\U0001f1e6-\U0001f1ff]"
    picture = "[\u203c-\u3299\U0001f000-\U0001faff]"
    joined = rf"{picture}[{_MARKS}]*(?:\u200d{picture}[{_MARKS}]*)+"
    return rf"{flag}{flag}|{joined}|{first}[{_MARKS}\u200d]*"
