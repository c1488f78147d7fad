"""Single tries at a host's connection, for its check. They block: called in threads."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

import websocket

from daemon.comfyui.address import HostAddress
from daemon.comfyui.dial import Deadline, connect, open_tcp, secure, tunnel, upgrade

FIRST_MESSAGE_S = 3.0
_REFUSAL_S = 0.4
_CLIENT_ID = "rabbitviewer-check"


def reach(address: HostAddress, login: str, deadline: Deadline) -> socket.socket:
    """Return a connection to the host; one that TLS is to be spoken on goes through the proxy.

    Args:
        address: The host.
        login: Value of ``Proxy-Authorization``; empty: none.
        deadline: Until when.

    Raises:
        OSError, ProxyRefusedError, NotHttpError: there is none.
    """
    plain = open_tcp(address, deadline)
    try:
        if address.proxy and address.https:
            tunnel(plain, address, login, deadline)
    except BaseException:
        plain.close()
        raise
    return plain


def shake_hands(
    plain: socket.socket, address: HostAddress, deadline: Deadline
) -> tuple[str, float]:
    """Return what kind of TLS is spoken, and until when the certificate is good (since 1970, s).

    Raises:
        OSError: the handshake failed, or the host does not take who we are.
        RabbitError: a certificate of the settings cannot be read.
    """
    with secure(plain, address, address.tls_context(), deadline) as shown:
        _wait_for_refusal(shown)
        until = str((shown.getpeercert() or {}).get("notAfter", ""))
        return shown.version() or "TLS", ssl.cert_time_to_seconds(until) if until else 0.0


def speaks_tls(address: HostAddress, deadline: Deadline) -> bool:
    """Whether the port speaks TLS, whatever its certificate.

    Raises:
        OSError: it does not.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with open_tcp(address, deadline) as plain, secure(plain, address, context, deadline):
        return True


def hears_socket(
    address: HostAddress, headers: Mapping[str, str], login: str, deadline: Deadline
) -> bool:
    """Open a WebSocket; return whether the host says something on it: ComfyUI greets.

    Raises:
        UpgradeRefusedError: it does not open.
        OSError, ProxyRefusedError, NotHttpError, RabbitError: there is no connection.
    """
    with connect(address, login, deadline) as opened:
        upgrade(opened, address, headers, _CLIENT_ID, deadline)
        connection = websocket.WebSocket(enable_multithread=False)
        connection.sock = opened
        connection.connected = True
        connection.settimeout(FIRST_MESSAGE_S)
        try:
            frame = connection.recv_frame()
        except (OSError, websocket.WebSocketException):
            return False
        return frame.opcode in {websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY}


def _wait_for_refusal(shown: ssl.SSLSocket) -> None:
    """Give a server time to refuse us: TLS 1.3 looks at our certificate after the handshake.

    Raises:
        ssl.SSLError: it ended the connection.
    """
    shown.settimeout(_REFUSAL_S)
    try:
        said = shown.recv(1)
    except TimeoutError:
        return
    except ConnectionError:
        said = b""
    if not said:
        raise ssl.SSLError(1, "[SSL: ALERT_NO_CERTIFICATE] it ended the connection")
