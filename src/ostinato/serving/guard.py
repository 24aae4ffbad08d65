"""Who may ask: whoever has the token, from a page of this very address."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

COOKIE = "ostinato_studio"
LOCAL = ("127.0.0.1", "localhost", "[::1]")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; connect-src 'self'; media-src 'self' blob:; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
# A report is a page of its own: it may style and script itself, and reach nothing.
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src "
    "'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(18)


class Guard:
    """Lets a request through that has the token, in a cookie or once in the address, was sent to
    one of `hosts` or an address in numbers, and where it says from which page it comes, comes from
    the same address: a page elsewhere, or a name that was pointed at this machine, reaches nothing.

    Args:
        app: what is guarded.
        token: what must be known.
        hosts: names that this machine is called by, without a port.
    """

    def __init__(self, app: Any, token: str, hosts: tuple[str, ...] = LOCAL) -> None:
        self.app, self.token, self.hosts = app, token, hosts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name not in self.hosts and not _is_number(name):
            await _refuse(scope, send, 421, "This address is not served here.")
            return
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            await _refuse(scope, send, 403, "The request comes from another page.")
            return
        if scope["type"] == "websocket" and origin is None:
            await _refuse(scope, send, 403, "The request comes from no page.")
            return
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        asked = query.get("token", [""])[0]
        if self._is(asked) and scope["type"] == "http" and scope["path"] == "/":
            await _enter(send, self.token)
            return
        if not (self._is(_cookie(headers)) or self._is(asked)):
            words = "Open the address that `ostinato studio` printed: it has the token in it."
            await _refuse(scope, send, 401, words)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {k.decode("latin-1").lower() for k, _ in message.get("headers", [])}
                more = {
                    "content-security-policy": POLICY,
                    "x-content-type-options": "nosniff",
                    "referrer-policy": "no-referrer",
                    "cache-control": "no-store",
                }
                message["headers"] = [
                    *message.get("headers", []),
                    *((k.encode(), v.encode()) for k, v in more.items() if k not in own),
                ]
            await send(message)

        await self.app(scope, receive, headed)

    def _is(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())


def _is_number(host: str) -> bool:
    """Whether a host is an address in numbers, which no name can have been pointed at."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _cookie(headers: MutableMapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


async def _enter(send: Send, token: str) -> None:
    """Keep the token in a cookie and take it out of the address."""
    cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
    headers = [
        (b"location", b"/"),
        (b"set-cookie", cookie.encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Message, send: Send, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4000 + status, "reason": words})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
