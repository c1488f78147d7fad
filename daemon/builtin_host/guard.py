"""Refuses requests that a foreign web page makes a browser send to this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def origin_guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 403 when ``Origin`` is not this host, 200 to ``OPTIONS``, else go on."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return web.Response(status=403)
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if host and origin and not same_site(host, origin):
        return web.Response(status=403)
    if request.method == "OPTIONS":
        return web.Response()
    return await handler(request)


def same_site(host: str, origin: str) -> bool:
    """Whether an ``Origin`` may talk to a loopback ``Host``.

    A port that one of them leaves out is not compared; an opaque origin ("null") passes; hosts
    that are not loopback are not judged.
    """
    try:
        here, there = urlsplit(f"//{host.lower()}"), urlsplit(origin.lower())
        ports = (here.port, there.port)
    except ValueError:
        return False
    if not here.hostname or not there.hostname or not _is_loopback(here.hostname):
        return True
    if here.hostname != there.hostname:
        return False
    return None in ports or ports[0] == ports[1]


def _is_loopback(hostname: str) -> bool:
    if hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
