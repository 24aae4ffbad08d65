"""Text cut into words or characters, for any script.

Words follow the letters, digits and marks of Unicode rather than a list of languages:

    don't, l'été, jalapeño    one word each: letters with their marks, apostrophes inside
    3,141.5                   one number
    東京                      one word for each character, as Chinese and Japanese set no spaces
    <br />                    a tag of HTML is one word
    ! … 👩‍👩‍👧 🇫🇷            each sign is a word; a composed sign is one

A character is what a reader would call one: a letter with its marks, a composed emoji.
Rules close to, and simpler than, Unicode Standard Annex 29.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata

_TAG = r"</?[A-Za-z][^<>]{0,80}>"
_ASCII_WORDS = re.compile(rf"[A-Za-z]+(?:'[A-Za-z]+)*|[0-9]+(?:[.,][0-9]+)*|{_TAG}|[^\sA-Za-z0-9]")
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
def _unicode_words() -> re.Pattern[str]:
    # Scripts without spaces: Han, Hiragana, Katakana, Bopomofo and their extensions.
    single = (
        "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
        "\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
        "\uf900-\ufaff\uff66-\uff9d\U0001b000-\U0001b16f\U00020000-\U0003fffd"
    )
    mark = _extenders()
    sign = _composed_sign(mark, r"\S")
    letter = rf"(?:(?![{single}])[^\W\d_][{mark}\u200c\u200d]*)"
    return re.compile(
        rf"{letter}+(?:'{letter}+)*|\d+(?:[.,]\d+)*|[{single}][{mark}]*|{_TAG}"
        rf"|{sign}"
    )


@functools.cache
def _unicode_characters() -> re.Pattern[str]:
    return re.compile(rf"\r\n|{_composed_sign(_extenders(), '.')}", re.DOTALL)


def _composed_sign(mark: str, first: str) -> str:
    flag = "[\U0001f1e6-\U0001f1ff]"
    picture = "[\u203c-\u3299\U0001f000-\U0001faff]"
    return rf"{flag}{flag}|{picture}[{mark}]*(?:\u200d{picture}[{mark}]*)+|{first}[{mark}\u200d]*"


@functools.cache
def _extenders() -> str:
    """A regular expression's class of what belongs to the sign before it.

    Combining marks (categories Mn, Mc and Me, so variation selectors too), skin tones, and the
    tags that end the flags of regions. Python's `re` knows no categories, hence the table.
    """
    codes = [
        code
        for code in range(0x300, sys.maxunicode + 1)
        if unicodedata.category(chr(code))[0] == "M"
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
    ]
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)
