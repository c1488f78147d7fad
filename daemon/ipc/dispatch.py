"""From a frame's header to the handler of its message, and from the handler's end to an answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.framing import FramingError
from daemon.protocol.messages import Failed, Message, Request, decode_request
from daemon.protocol.peer import Peer

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Message)
Handler = Callable[[Peer, Any], Awaitable[Message | None]]


class BadRequestError(RabbitError):
    """What arrived is no request; the connection can go on.

    Attributes:
        request_id: The id that it carried as far as it could be read, else 0.
    """

    def __init__(self, message: str, hint: str, request_id: int) -> None:
        super().__init__(ErrorKind.INVALID_REQUEST, message, hint)
        self.request_id = request_id


class _Envelope(msgspec.Struct):
    """What every message has, read when the whole cannot be."""

    command: str = ""
    request_id: int = 0


_envelopes = msgspec.msgpack.Decoder(_Envelope)


class Dispatcher:
    """Knows which handler answers which message."""

    def __init__(self) -> None:
        self._handlers: dict[type[Message], Handler] = {}

    def register(
        self, kind: type[R], handler: Callable[[Peer, R], Awaitable[Message | None]]
    ) -> None:
        """Let *handler* answer messages of *kind*; what it returns is sent, None is no answer."""
        self._handlers[kind] = handler

    @staticmethod
    def decode(header: bytes) -> Request:
        """Return the request in *header*.

        Raises:
            BadRequestError: it is none; the sentence names the field.
        """
        try:
            return decode_request(header)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)
        envelope = _Envelope()
        try:
            envelope = _envelopes.decode(header)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            what = "The message"
        else:
            what = f"The message '{envelope.command}'" if envelope.command else "The message"
        hint = "docs/protocol.md lists the messages and their fields."
        raise BadRequestError(f"{what} was not understood: {reason}.", hint, envelope.request_id)

    async def answer(self, peer: Peer, request: Request) -> None:
        """Have *request* handled and send what comes of it; no failure gets out of here."""
        handler = self._handlers.get(type(request))
        answer: Message | None
        if handler is None:
            answer = Failed(error=_unknown(request))
        else:
            try:
                answer = await handler(peer, request)
            except RabbitError as error:
                answer = Failed(error=error.info)
            except Exception:
                log.exception("handling %s failed", type(request).__name__)
                answer = Failed(error=_internal(request))
        if answer is not None:
            if request.request_id and not answer.request_id:
                answer = msgspec.structs.replace(answer, request_id=request.request_id)
            try:
                peer.send(answer)
            except FramingError:
                log.exception("the answer to %s does not fit", type(request).__name__)
                peer.send(Failed(error=_internal(request), request_id=request.request_id))


def _unknown(request: Message) -> ErrorInfo:
    return ErrorInfo(
        ErrorKind.INVALID_REQUEST, f"This daemon does not answer {type(request).__name__}."
    )


def _internal(request: Message) -> ErrorInfo:
    return ErrorInfo(
        ErrorKind.INTERNAL,
        f"{type(request).__name__} failed inside RabbitViewer.",
        "The daemon's log has the details; `rabbitviewer daemon status` names it.",
    )
