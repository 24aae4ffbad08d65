"""Who may ask the studio: the token, the address, the page that asks, and what is refused."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from ostinato.serving.app import app_of

TOKEN = "a-token-of-tests"


@pytest.fixture
def stranger(runs):
    """A client without the token."""
    with TestClient(app_of(runs, TOKEN, hosts=("testserver",)), follow_redirects=False) as made:
        yield made


@pytest.mark.parametrize("path", ["/", "/api/runs", "/static/studio.js", "/api/runs/films/report"])
def test_without_the_token_nothing_is_shown(stranger, path):
    for address in (path, f"{path}?token=another-token"):
        found = stranger.get(address)
        assert found.status_code == 401
        assert "ostinato studio" in found.text


def test_the_token_in_the_address_becomes_a_cookie(stranger):
    found = stranger.get(f"/?token={TOKEN}")
    assert found.status_code == 303
    assert found.headers["location"] == "/"
    cookie = found.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert stranger.get("/").status_code == 200


def test_another_name_of_this_machine_is_refused(client):
    for host in ("evil.example", "testserver.evil.example:80", ""):
        assert client.get("/api/runs", headers={"host": host}).status_code == 421


def test_addresses_in_numbers_are_this_machines(client):
    for host in ("192.168.1.5:8765", "[fd00::5]:8765", "[::1]"):
        assert client.get("/api/runs", headers={"host": host}).status_code == 200


def test_another_page_is_refused(client):
    for origin in ("http://evil.example", "null", "http://testserver:81"):
        assert client.get("/api/runs", headers={"origin": origin}).status_code == 403
    assert client.get("/api/runs", headers={"origin": "http://testserver"}).status_code == 200


@pytest.mark.parametrize("origin", [None, "http://evil.example"])
def test_a_socket_needs_the_page(client, origin):
    headers = {} if origin is None else {"origin": origin}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws", headers=headers):
        pass


def test_a_socket_needs_the_token(stranger):
    headers = {"origin": "http://testserver"}
    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect("/ws", headers=headers):
        pass


def test_pages_reach_nothing_elsewhere(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    report = client.get("/api/runs/films/report")
    assert report.status_code == 200
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts")
