"""How commands are registered and arguments checked; every complaint is one line."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeAlias

from rabbitviewer.commands.terminal import write_note

if TYPE_CHECKING:
    from rabbitviewer.commands.session import Session

Run: TypeAlias = "Callable[[argparse.Namespace, Session], int]"


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line on standard error and ends with 2.

    Options may stand anywhere, also between arguments of which some may be left out.
    """

    _mixing = False

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; argparse itself takes what stands before an option for all there is."""
        words = sys.argv[1:] if args is None else list(args)
        into = argparse.Namespace() if namespace is None else namespace
        if self._mixing or self._subparsers is not None or "--" in words:
            return super().parse_known_args(words, into)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(words, into)
        finally:
            self._mixing = False

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to read more."""
        write_note(f"{self.prog}: {message}; see `{self.prog} --help`")
        sys.exit(2)


class SubParsers(Protocol):
    """What ``ArgumentParser.add_subparsers`` returns, as far as we use it."""

    def add_parser(
        self, name: str, *, help: str, description: str, allow_abbrev: bool
    ) -> argparse.ArgumentParser:
        """Return a parser for one command."""
        ...


class Commands:
    """Where commands register themselves."""

    def __init__(self, parsers: SubParsers) -> None:
        self._parsers = parsers

    def add(self, name: str, run: Run, about: str) -> argparse.ArgumentParser:
        """Return the parser of a new command that takes ``--json``."""
        parser = self._parsers.add_parser(
            name, help=about, description=about[:1].upper() + about[1:] + ".", allow_abbrev=False
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
        parser.set_defaults(run=run)
        return parser

    def group(self, name: str, about: str) -> Commands:
        """Return where the verbs of a command with verbs register; one of them is required."""
        parser = self._parsers.add_parser(
            name, help=about, description=about[:1].upper() + about[1:] + ".", allow_abbrev=False
        )
        return Commands(parser.add_subparsers(metavar="VERB", required=True, dest="verb"))


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return a converter for whole numbers in [*low*, *high*]."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {low} to {high}")
        return value

    return convert


def number(low: float, high: float) -> Callable[[str], float]:
    """Return a converter for numbers in [*low*, *high*]."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number {low:g} to {high:g}")
        return value

    return convert


def add_channels(parser: argparse.ArgumentParser) -> None:
    """Add ``--channels``: which part of a grade counts."""
    parser.add_argument(
        "--channels",
        choices=("all", "luma", "chroma"),
        default="all",
        help="luma: only the change of light, chroma: only that of colour (default: all)",
    )


def text(value: str) -> str:
    """Return *value* when it is text, whatever the locale made of it; other bytes only suit paths.

    Raises:
        argparse.ArgumentTypeError: it is not UTF-8.
    """
    if value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value):
        return value
    try:
        return os.fsencode(value).decode("utf-8")
    except UnicodeError as error:
        raise argparse.ArgumentTypeError(f"{value!r} is not UTF-8 text") from error
