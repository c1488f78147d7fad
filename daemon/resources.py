"""One resolver for the data folders: in a wheel package data, in a checkout the repository."""

from __future__ import annotations

from pathlib import Path

from daemon.protocol.errors import ErrorKind, RabbitError


def data_folder(name: str) -> Path:
    """Return a shipped folder, ``config`` or ``comfyui_workflows``.

    Raises:
        RabbitError: ``not_found``; the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    candidates = (package / "_resources" / name, package.parent / name)
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise RabbitError(
        ErrorKind.NOT_FOUND,
        f"The folder {name} of RabbitViewer is missing from {package}.",
        "Install RabbitViewer again.",
    )
