"""A bare page with one panel: its files and its Python side, and nothing else of the studio."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import ostinato.serving
from ostinato.errors import OstinatoError
from ostinato.serving.panels import PANELS, PanelRequest

STATIC = Path(ostinato.serving.__file__).parent / "static"
ONLY_OWN = {"Content-Security-Policy": "default-src 'self'; connect-src 'self'"}

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/empty"><link rel="stylesheet" href="/static/vendor/uPlot.min.css">
<link rel="stylesheet" href="/static/panels/panels.css"><link rel="stylesheet" href="/page.css">
<script src="/static/vendor/uPlot.iife.min.js"></script>
<script type="module" src="/page.js?panel={name}&amp;kind={kind}"></script></head>
<body><main><h1>{title}</h1><h2>Try it</h2><section id="panel" aria-label="{title}"></section>
</main></body></html>"""

STYLE = """body { background: light-dark(#f7f7f5, #0f0f0f); color: light-dark(#111, #f5f5f2);
font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }"""

SCRIPT = """
import { mount } from "/static/panels/PANEL.js";
const url = new URL(import.meta.url).searchParams, address = "/api/panels/PANEL";
const post = (question, file, signal) => file
  ? fetch(`${address}?question=${encodeURIComponent(JSON.stringify(question))}`,
          { method: "POST", body: file, signal })
  : fetch(address, { method: "POST", body: JSON.stringify(question), signal,
                     headers: { "Content-Type": "application/json" } });
async function ask(question, file) {
  const answer = await (await post(question, file)).json();
  if (answer.error) throw new Error(answer.error);
  return answer;
}
function stream(question, each) {
  const control = new AbortController();
  const read = async () => {
    const reader = (await post(question, null, control.signal)).body.getReader();
    let rest = "";
    for (const decoder = new TextDecoder(); ;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\\n");
      rest = lines.pop();
      for (const line of lines) {
        const piece = JSON.parse(line);
        if (piece.error) throw new Error(piece.error);
        each(piece);
      }
    }
  };
  const done = read().catch((error) => { if (error.name !== "AbortError") throw error; });
  return { stop: () => control.abort(), done };
}
const kind = url.get("kind");
const run = kind ? { name: "run", kind } : null;
mount(document.getElementById("panel"), { run, ask, post: ask, stream });
"""


def app_of(models: dict[str, Any]) -> Starlette:
    """The bare page; `models` by panel."""
    panels = {panel.name: panel for panel in PANELS}

    async def page(request: Request) -> Response:
        panel = panels[request.path_params["name"]]
        model = models.get(panel.name)
        kind = "" if model is None else model.kind
        words = PAGE.format(title=panel.title, name=panel.name, kind=kind)
        return HTMLResponse(words, headers=ONLY_OWN)

    async def script(request: Request) -> Response:
        words = SCRIPT.replace("PANEL", request.query_params["panel"])
        return Response(words, media_type="text/javascript")

    async def style(request: Request) -> Response:
        return Response(STYLE, media_type="text/css")

    async def empty(request: Request) -> Response:
        return Response(status_code=204)

    async def answer(request: Request) -> Response:
        panel, body = panels[request.path_params["name"]], await request.body()
        if request.headers.get("content-type") == "application/json":
            question, body = json.loads(body), b""
        else:
            question = json.loads(request.query_params["question"])
        asked = PanelRequest(model=models.get(panel.name), question=question, body=body)
        try:
            found = panel.answer(asked)
        except OstinatoError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        if isinstance(found, dict):
            return JSONResponse(found)
        return StreamingResponse(_slowly(found))

    routes = [
        Route("/panel/{name}", page),
        Route("/page.js", script),
        Route("/page.css", style),
        Route("/empty", empty),
        Route("/api/panels/{name}", answer, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(routes=routes)


def _slowly(pieces: Iterator[Any]) -> Iterator[str]:
    """So small a model would be done before anyone could stop it."""
    for each in pieces:
        time.sleep(0.02)
        yield json.dumps(each) + "\n"


def serve(app: Any) -> tuple[str, Callable[[], None]]:
    """Serve an app on a free port of this machine, in a thread: its address, and what ends it."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([place],), daemon=True)
    thread.start()

    def close() -> None:
        server.should_exit = True
        thread.join(10)
        place.close()

    return f"http://127.0.0.1:{place.getsockname()[1]}", close
