"""A server on this machine that speaks OpenAI's chat protocol from a script: real HTTP, answers streamed as SSE."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_PATIENCE_S = 30


@dataclass
class Reply:
    """One answer of the script."""

    pieces: Sequence[str] = ()
    status: int = 200
    body: str | None = None  # in place of a stream
    breaks_off: bool = False  # ends before all that was announced has come
    never_ends: bool = False  # repeats its last piece until nobody listens
    hold: threading.Event | None = None  # is waited for after the first piece


@dataclass
class ChatServer:
    """Gives one reply after the other, the last for ever; remembers what it was asked."""

    replies: list[Reply] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)  # somebody stopped listening

    def __enter__(self) -> Self:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                chat._answer(self)

            def log_message(self, format: str, *arguments: object) -> None:
                pass  # keeps the test's output clean

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def say(self, *pieces: str, **script: Any) -> None:
        """What the next question is answered with."""
        self.replies.append(Reply(pieces, **script))

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.asked.append(body)
        self.keys.append(request.headers["Authorization"])
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if request.path != "/v1/chat/completions":
            reply = Reply(status=404, body="{}")
        request.send_response(reply.status)
        request.send_header("Content-Type", "application/json" if reply.body else "text/event-stream")
        request.send_header("Connection", "close")
        if reply.breaks_off:
            request.send_header("Content-Length", "1000000")
        request.end_headers()
        request.close_connection = True
        if reply.body is not None:
            request.wfile.write(reply.body.encode())
            return
        try:
            self._stream(request, reply, body["model"])
        except OSError:
            self.left.set()

    def _stream(self, request: BaseHTTPRequestHandler, reply: Reply, model: str) -> None:
        def send(piece: str | None) -> None:
            delta = {} if piece is None else {"role": "assistant", "content": piece}
            choice = {"index": 0, "delta": delta, "finish_reason": "stop" if piece is None else None}
            event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": model, "choices": [choice]}
            request.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            request.wfile.flush()

        for number, piece in enumerate(reply.pieces):
            send(piece)
            if number == 0 and reply.hold:
                reply.hold.wait(_PATIENCE_S)
        while reply.never_ends:
            send(reply.pieces[-1])
        if reply.breaks_off:
            return
        send(None)
        request.wfile.write(b"data: [DONE]\n\n")
