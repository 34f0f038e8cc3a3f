"""The server: Daphne with a start and an end of its own, and limits that hold."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import daphne.server
from daphne.endpoints import build_endpoint_description_strings
from twisted.internet import defer
from twisted.internet.endpoints import serverFromString
from twisted.logger import ILogObserver, globalLogBeginner
from zope.interface import implementer

from chatapp.connections import (
    HTTPFactory,
    Message,
    Request,
    RequestInbox,
    SocketInbox,
    WebSocket,
    WebSocketFactory,
)

logger = logging.getLogger(__name__)

type Hook = Callable[[], Awaitable[None]]

reactor = daphne.server.reactor

MAX_FRAME_BYTES = 1024 * 1024  # docs/protocol.md: inbound frames
CLOSE_SECONDS = 3  # ours: with DRAIN_SECONDS and stop_seconds below the 30 s that a container is given
SERVER_IS_STOPPING = 4001  # close code; Autobahn will not send 1001
DATA_MESSAGES = frozenset({"websocket.send", "http.response.body"})


class Server(daphne.server.Server):  # type: ignore[misc]  # Daphne is untyped
    """Serves `application` on host and port until SIGTERM or SIGINT.

    `on_start` runs in the loop before the port is open, `on_listening` right after.
    The first signal calls `on_drain`, with the port still open: what is under way may
    end. A second signal cuts that short. Then the port is closed and `on_stop` called,
    which has `stop_seconds`.
    """

    stop_seconds: float = 5
    # The most that draining and stopping take together, if there is that much to do.
    end_seconds: float = 26

    def __init__(
        self,
        application: Any,
        *,
        host: str,
        port: int,
        max_body_bytes: int,
        on_start: Hook,
        on_listening: Callable[[], None],
        on_drain: Hook,
        on_stop: Hook,
    ) -> None:
        super().__init__(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            websocket_max_message_size=MAX_FRAME_BYTES,
            websocket_max_frame_size=MAX_FRAME_BYTES,
            application_close_timeout=CLOSE_SECONDS,
            server_name="colloquy",
        )
        self.max_body_bytes = max_body_bytes
        self.on_start = on_start
        self.on_listening = on_listening
        self.on_drain = on_drain
        self.on_stop = on_stop
        self._draining: asyncio.Task[None] | None = None
        self.connections: dict[Request | WebSocket, dict[str, Any]] = {}
        self.failure: str | None = None

    def run(self) -> None:
        """Serve; return after an orderly stop. `failure` says why it could not listen."""
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
        asyncio.set_event_loop(loop)
        globalLogBeginner.beginLoggingTo(
            [_log_twisted_failure], redirectStandardIO=False, discardBuffer=True
        )
        self._make_factories()
        # Not with the reactor's start: connections would come in while this waits.
        loop.run_until_complete(self.on_start())
        self._listen()
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.addSystemEventTrigger("before", "shutdown", self._stop_orderly)
        reactor.callWhenRunning(self._report_listening)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._take_signal)
        # Twisted's own handlers stop at once, and complain of a second signal.
        reactor.run(installSignalHandlers=False)

    def _make_factories(self) -> None:
        self.http_factory = HTTPFactory(self)
        self.ws_factory = WebSocketFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            # Our own check of the origin is stricter and says why.
            allowNullOrigin=True,
            # A frame that is too large is answered with close code 1009, not with silence.
            failByDrop=False,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
        )

    def _listen(self) -> None:
        for description in self.endpoints:
            endpoint = serverFromString(reactor, description)  # type: ignore[no-untyped-call]
            listener = endpoint.listen(self.http_factory)
            listener.addCallbacks(self.listen_success, self.listen_error)
            self.listeners.append(listener)

    def listen_success(self, port: Any) -> Any:
        """Note the address, and keep the port so that it can be closed."""
        super().listen_success(port)
        return port

    def listen_error(self, failure: Any) -> None:
        """Stop when the port cannot be had."""
        self.failure = failure.getErrorMessage()
        reactor.callWhenRunning(reactor.stop)

    def _report_listening(self) -> None:
        if self.failure is None:
            self.on_listening()

    def create_application(
        self, protocol: Request | WebSocket, scope: dict[str, Any]
    ) -> RequestInbox | SocketInbox | None:
        """Start the application for one connection; return its inbox."""
        if protocol not in self.connections:
            return None
        inbox = protocol.open_inbox()
        scope.setdefault("asgi", {"version": "3.0"})
        application = self.application(
            scope, inbox.get, partial(self.handle_reply, protocol)
        )
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(
            application
        )
        return inbox

    async def handle_reply(
        self, protocol: Request | WebSocket, message: Message
    ) -> None:
        """Send, and return when the connection's buffer takes more or is gone.

        Waiting comes after writing, so that messages keep their order whoever waits.
        """
        if message["type"] == "websocket.send":
            # Thousands in a second: the protocol itself knows whether it is open.
            protocol.handle_reply(message)
        else:
            await super().handle_reply(protocol, message)
        if message["type"] in DATA_MESSAGES:
            await protocol.writable.wait()

    def _take_signal(self) -> None:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())
        else:
            self._draining.cancel()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await self.on_drain()
        except asyncio.CancelledError:
            logger.warning("Told twice to stop: what is under way ends now.")
        except Exception:
            logger.exception("What is under way could not be waited for.")
        left = self.end_seconds - (loop.time() - began)
        self.stop_seconds = max(self.stop_seconds, left)
        if reactor.running:
            reactor.stop()

    def _stop_orderly(self) -> defer.Deferred[None]:
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._stop()))

    async def _stop(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port and port.stopListening())
        try:
            await asyncio.wait_for(self.on_stop(), self.stop_seconds)
        except TimeoutError:
            logger.warning(
                "Stopped after %s s with work unfinished.", self.stop_seconds
            )
        except Exception:
            logger.exception("The work under way could not be ended in order.")
        await self._close_connections()

    async def _close_connections(self) -> None:
        running = []
        for protocol, details in self.connections.items():
            if (
                isinstance(protocol, WebSocket)
                and protocol.state == protocol.STATE_OPEN
            ):
                protocol.serverClose(SERVER_IS_STOPPING)
            application = details.get("application_instance")
            if application is not None and not application.done():
                application.cancel()
                running.append(application)
        if running:
            await asyncio.wait(running, timeout=CLOSE_SECONDS)


@implementer(ILogObserver)  # type: ignore[untyped-decorator]
def _log_twisted_failure(event: dict[str, Any]) -> None:
    # Twisted reports what nobody caught here and nowhere else.
    if failure := event.get("log_failure"):
        error = failure.value
        logger.error("Twisted: %s", error, exc_info=error)
