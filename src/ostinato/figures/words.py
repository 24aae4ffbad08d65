"""How wide words are, without a font at hand: cut, broken into lines, and safe in XML."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

# Advances of DejaVu Sans in hundredths of its size, from the space to the tilde. It is the widest
# of the fonts that systems show by default: what fits in it fits in the others.
_ASCII = (
    *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34),
    *(64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53),
    *(100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79),
    *(60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50),
    *(50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61),
    *(63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84),
)
BOLD = 1.12


def width(words: str, size: float, bold: bool = False) -> float:
    """Pixels that `words` take on one line, estimated from above."""
    return sum(map(_advance, words)) * size / 100 * (BOLD if bold else 1.0)


def _advance(character: str) -> float:
    code = ord(character)
    if 32 <= code < 127:
        return _ASCII[code - 32]
    if unicodedata.combining(character) or code in (0x200B, 0x200C, 0x200D, 0xFE0F):
        return 0
    if code >= 0x1F000:
        return 135
    return 100 if unicodedata.east_asian_width(character) in "WFA" and code >= 0x1100 else 68


def cut(words: str, room: float, size: float, bold: bool = False) -> str:
    """`words` where they fit into `room` pixels, else their beginning and end around "…"."""
    if width(words, size, bold) <= room:
        return words
    keep = len(words)
    while keep > 0:
        head, tail = (keep + 1) // 2, keep // 2
        shown = f"{words[:head].rstrip()}…{words[len(words) - tail :].lstrip() if tail else ''}"
        if width(shown, size, bold) <= room:
            return shown
        keep -= 1
    return "…"


def cut_all(every: Sequence[str], room: float, size: float) -> list[str]:
    """`every` cut to `room` pixels so that different words stay different: around the middle, at
    the end or at the beginning, or with a number."""
    middle = [cut(each, room, size) for each in every]
    apart = len(set(every))
    if len(set(middle)) == apart:
        return middle
    for reverse in (False, True):
        tried = [_one_end(each, room, size, reverse) for each in every]
        if len(set(tried)) == apart:
            return tried
    places = {each: f"{k}" for k, each in reversed(list(enumerate(every, 1)))}
    return [
        f"{places[each]} {cut(each, room - width(f'{places[each]} ', size), size)}"
        for each in every
    ]


def _one_end(words: str, room: float, size: float, reverse: bool) -> str:
    if width(words, size) <= room:
        return words
    keep = len(words)
    while keep and width(words[:keep], size) + width("…", size) > room:
        keep -= 1
        if reverse:
            words = words[1:]
    return f"…{words[:keep]}" if reverse else f"{words[:keep]}…"


def wrap(words: str, room: float, size: float, lines: int = 100, bold: bool = False) -> list[str]:
    """`words` in at most `lines` lines of `room` pixels; a word too long for one is broken."""
    found: list[str] = []
    line = ""
    rest = words.split()
    while rest:
        word = rest.pop(0)
        tried = f"{line} {word}" if line else word
        if width(tried, size, bold) <= room:
            line = tried
        elif not line:
            fit = max(1, _fitting(word, room, size, bold))
            line, left = word[:fit], word[fit:]
            rest[:0] = [left] if left else []
        else:
            if len(found) == lines - 1:
                return [*found, cut(" ".join([line, word, *rest]), room, size, bold)]
            found.append(line)
            line = ""
            rest.insert(0, word)
    return [*found, line] if line else found


def _fitting(word: str, room: float, size: float, bold: bool) -> int:
    taken = 0.0
    for k, character in enumerate(word):
        taken += _advance(character) * size / 100 * (BOLD if bold else 1.0)
        if taken > room:
            return k
    return len(word)


def right_to_left(words: str) -> bool:
    """Whether the first letter that has a direction runs to the left."""
    for character in words:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def clean(words: str) -> str:
    """Words that XML can hold, on one line: control characters and halves of pairs become "�"."""
    spaced = words.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return "".join(character if _allowed(ord(character)) else "�" for character in spaced)


def _allowed(code: int) -> bool:
    if code < 32 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000:
        return False
    return code & 0xFFFE != 0xFFFE and not 0xFDD0 <= code < 0xFDF0
