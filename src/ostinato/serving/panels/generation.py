"""Write on after a text, token by token, and see what is likely next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ostinato.errors import check_choice
from ostinato.serving.panels.request import Answer, PanelRequest

KINDS = ("language-model",)
READ = 2_000  # characters before the cursor that are read with each key
MOST = 2_000  # tokens written at once


def answer(request: PanelRequest) -> Answer:
    """ "do" is "next": the likeliest next tokens after "text"; or "write": tokens one by one.

    Only the last `READ` characters are read, so that a key is answered at once.
    """
    do, text = request.text("do", "next"), request.text("text")
    check_choice("The page", "do", do, ("next", "write"))
    read = text[-READ:]
    if do == "next":
        top = request.number("top", 10, low=1, high=50, whole=True)
        found = request.model.predict_next(read, top)
        return {"next": [list(each) for each in found], "read": len(read)}
    temperature = request.number("temperature", 0.8, low=0, high=5)
    top_p = request.number("top_p", None, above=0, high=1)
    writing = request.model.write(
        read,
        request.number("length", 200, low=1, high=MOST, whole=True),
        temperature=temperature,
        top_p=top_p if top_p is None or top_p < 1 else None,
        seed=request.number("seed", None, low=0, whole=True),
    )
    return _pieces(writing)


def _pieces(writing: Iterator[str]) -> Iterator[dict[str, Any]]:
    for piece in writing:
        yield {"piece": piece}
