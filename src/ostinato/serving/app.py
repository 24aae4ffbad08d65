"""The page's server: files of the page, runs, trainings, and panels that ask a model."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from ostinato.errors import DataError, OstinatoError
from ostinato.serving import inside, training
from ostinato.serving.guard import LOCAL, REPORT_POLICY, Guard
from ostinato.serving.panels import PANELS, PanelRequest
from ostinato.serving.runs import REPORT, Runs
from ostinato.serving.training import Trainings

STATIC = Path(__file__).parent / "static"
LARGEST = 64 * 2**20  # bytes of an upload
WATCHED = 0.5  # seconds between two looks at a training
_LOG = logging.getLogger("ostinato")
_BY_NAME = {each.name: each for each in PANELS}


def app_of(
    folder: Path, token: str, hosts: tuple[str, ...] = LOCAL, largest: int = LARGEST
) -> Guard:
    """The ASGI application of the runs in `folder`.

    Args:
        token: what whoever asks must know.
        hosts: names that this machine is called by.
        largest: bytes of an upload at most.
    """
    studio = _Studio(Runs(folder), largest)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # Else the first answer would wait for it.
        read = threading.Thread(
            target=importlib.import_module, args=("ostinato.inspection",), daemon=True
        )
        read.start()
        yield
        await run_in_threadpool(studio.trainings.close)

    routes = [
        Route("/", _index),
        Route("/api/runs", _answered(studio.listed)),
        Route("/api/runs/{run}", _answered(studio.about)),
        Route("/api/runs/{run}/doctor", _answered(studio.doctor)),
        Route("/api/runs/{run}/weights", _answered(studio.weights)),
        Route("/api/runs/{run}/report", _answered(studio.report)),
        Route("/api/tasks", _answered(studio.tasks)),
        Route("/api/tasks/{kind}", _answered(studio.form)),
        Route("/api/upload", _answered(studio.upload), methods=["POST"]),
        Route("/api/train", _answered(studio.train), methods=["POST"]),
        Route("/api/runs/{run}/training", _answered(studio.training)),
        Route("/api/runs/{run}/stop", _answered(studio.stop), methods=["POST"]),
        Route("/api/runs/{run}/resume", _answered(studio.resume), methods=["POST"]),
        Route("/api/panels/{panel}", _answered(studio.panel), methods=["POST"]),
        WebSocketRoute("/ws", studio.socket),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), token, hosts)


async def _index(_: Request) -> Response:
    return FileResponse(STATIC / "index.html")


def _answered(call: Any) -> Any:
    """A route whose errors are sentences: what a person can mend 400, all else 500 and the log."""

    async def route(request: Request) -> Response:
        try:
            found = await call(request)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            return JSONResponse({"error": _said(error)}, _status(error))
        return found if isinstance(found, Response) else JSONResponse(found)

    return route


def _status(error: Exception) -> int:
    if isinstance(error, TooLargeError):
        return 413
    return 400 if isinstance(error, OstinatoError) else 500


def _said(error: Exception) -> str:
    if isinstance(error, OstinatoError):
        return " ".join(map(str, error.args))
    _LOG.error("studio: %s: %s", type(error).__name__, error, exc_info=error)
    return "Something went wrong here that should not have. The terminal says more."


class TooLargeError(DataError):
    """An upload is larger than allowed."""


class _Studio:
    """What the routes ask."""

    def __init__(self, runs: Runs, largest: int) -> None:
        self.runs, self.largest, self.trainings = runs, largest, Trainings(runs)

    # Runs.

    async def listed(self, _: Request) -> Any:
        found = await run_in_threadpool(self.runs.listed)
        panels = [{"name": p.name, "title": p.title, "kinds": p.kinds} for p in PANELS]
        return {"folder": str(self.runs.folder), "runs": _plain(found), "panels": panels}

    async def about(self, request: Request) -> Any:
        return _plain(await run_in_threadpool(self.runs.about, request.path_params["run"]))

    async def doctor(self, request: Request) -> Any:
        def ask(model: Any) -> dict[str, Any]:
            from ostinato.inspection import diagnose

            return diagnose(model).to_dict()

        return _plain(await run_in_threadpool(self._held, request.path_params["run"], ask))

    async def weights(self, request: Request) -> Any:
        name = request.query_params.get("name")
        run = request.path_params["run"]
        return await run_in_threadpool(self._held, run, lambda m: inside.weights(m, name))

    async def report(self, request: Request) -> Response:
        path = self.runs.file(request.path_params["run"], REPORT)
        if not path.is_file():
            raise DataError("This run has no report yet. It is written when training ends.")
        headers = {"content-security-policy": REPORT_POLICY}
        return FileResponse(path, media_type="text/html", headers=headers)

    def _held(self, run: str, call: Any) -> Any:
        model, lock = self.runs.model(run)
        with lock:
            return call(model)

    # Trainings.

    async def tasks(self, _: Request) -> Any:
        return {"tasks": training.kinds()}

    async def form(self, request: Request) -> Any:
        return _plain(training.form(request.path_params["kind"]))

    async def upload(self, request: Request) -> Any:
        body = await self._body(request)
        name = request.query_params.get("name", "")
        return {"name": await run_in_threadpool(self.trainings.upload, name, body)}

    async def train(self, request: Request) -> Any:
        asked = _object(await self._body(request))
        files, options = asked.get("files", []), asked.get("options", {})
        if not isinstance(files, list) or not isinstance(options, dict):
            raise DataError("files must be a list and options an object.")
        kind, name = str(asked.get("kind", "")), str(asked.get("name", ""))
        names = [str(each) for each in files]
        run = await run_in_threadpool(self.trainings.start, kind, names, options, name)
        return {"run": run}

    async def training(self, request: Request) -> Any:
        name = request.path_params["run"]
        return _plain(await run_in_threadpool(self.trainings.state, name))

    async def stop(self, request: Request) -> Any:
        await run_in_threadpool(self.trainings.stop, request.path_params["run"])
        return {"stopped": True}

    async def resume(self, request: Request) -> Any:
        await run_in_threadpool(self.trainings.resume, request.path_params["run"])
        return {"resumed": True}

    async def _body(self, request: Request) -> bytes:
        """What was sent, as long as it is not too much.

        Raises:
            TooLargeError: it is more than `largest` bytes.
        """
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self.largest:
                raise TooLargeError(
                    f"The file is larger than {self.largest / 2**20:.0f} MB, the most that the "
                    "page takes. Use the shell for larger ones."
                )
            parts.append(part)
        return b"".join(parts)

    # Panels.

    async def panel(self, request: Request) -> Any:
        """The question is JSON in the address ("question") where the body is a file, else the
        body."""
        body = await self._body(request)
        asked = request.query_params.get("question")
        question = _object(body if asked is None else asked.encode())
        file = b"" if asked is None else body
        run = request.query_params.get("run", "")
        found = await run_in_threadpool(
            self._ask, request.path_params["panel"], run, question, file
        )
        if isinstance(found, Iterator):
            return StreamingResponse(_lines(found), media_type="application/x-ndjson")
        return found

    def _ask(self, name: str, run: str, question: dict[str, Any], body: bytes = b"") -> Any:
        panel = _BY_NAME.get(name)
        if panel is None:
            raise DataError(f"There is no panel {name!r}.")
        if not panel.kinds:
            return panel.answer(PanelRequest(run=run, question=question, body=body))
        model, lock = self.runs.model(run)
        if model.kind not in panel.kinds:
            raise DataError(f"{run} is a {model.kind}, which this panel does not take.")
        with lock:
            found = panel.answer(PanelRequest(model=model, run=run, question=question, body=body))
        return _guarded(found, lock) if isinstance(found, Iterator) else found

    async def socket(self, socket: WebSocket) -> None:
        """Questions as keys are typed, {"id", "panel", "run", "question"}, and trainings to watch,
        {"watch": run}; answers have the question's id. Of questions that wait the last is
        answered."""
        await socket.accept()
        waiting: dict[str, Any] = {}
        arrived = asyncio.Event()
        tasks = [
            asyncio.create_task(self._answers(socket, waiting, arrived)),
        ]
        try:
            while True:
                asked = _object((await socket.receive_text()).encode())
                if "watch" in asked:
                    watched = self._watch(socket, str(asked["watch"]))
                    tasks.append(asyncio.create_task(watched))
                else:
                    waiting[str(asked.get("panel", ""))] = asked
                    arrived.set()
        except (WebSocketDisconnect, DataError):
            pass
        finally:
            for each in tasks:
                each.cancel()

    async def _answers(
        self, socket: WebSocket, waiting: dict[str, Any], arrived: asyncio.Event
    ) -> None:
        while True:
            await arrived.wait()
            arrived.clear()
            while waiting:
                panel, asked = waiting.popitem()
                question, run = asked.get("question", {}), str(asked.get("run", ""))
                try:
                    found = await run_in_threadpool(self._ask, panel, run, question)
                    if isinstance(found, Iterator):
                        raise DataError("An answer that comes in pieces is asked by POST.")
                    told = json.dumps({"id": asked.get("id"), "answer": found})
                except Exception as error:
                    told = json.dumps({"id": asked.get("id"), "error": _said(error)})
                await socket.send_text(told)

    async def _watch(self, socket: WebSocket, run: str) -> None:
        """Send a training's state whenever it changed, until it ends."""
        before: Any = None
        while True:
            state = _plain(await run_in_threadpool(self.trainings.state, run))
            shown = {name: value for name, value in state.items() if name != "time"}
            if shown != before:
                before = shown
                await socket.send_text(json.dumps({"training": state}))
            if not state["running"]:
                return
            await asyncio.sleep(WATCHED)


def _guarded(pieces: Iterator[Any], lock: threading.Lock) -> Iterator[Any]:
    """The pieces, each made while the model is held, so that others are answered between."""
    while True:
        with lock:
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _lines(pieces: Iterator[Any]) -> Iterator[str]:
    """A line of JSON for each piece; an error is the last one."""
    try:
        for piece in pieces:
            yield json.dumps(piece) + "\n"
    except Exception as error:
        yield json.dumps({"error": _said(error)}) + "\n"


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise DataError("The page sent something that is not JSON. Load it again.") from None
    if not isinstance(found, dict):
        raise DataError("The page sent something else than an object. Load it again.")
    return found


def _plain(value: Any) -> Any:
    """The same in types that JSON has; NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


def serve(
    folder: Path, host: str, port: int, token: str, hosts: tuple[str, ...], started: Any
) -> None:
    """Serve until Ctrl-C; `started()` is called when the page can be opened."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()

    config = uvicorn.Config(
        app_of(folder, token, hosts), host=host, port=port, log_level="warning", access_log=False
    )
    Server(config).run()
