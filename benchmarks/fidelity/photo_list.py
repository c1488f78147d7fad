"""The photographs that are measured: free ones from Debian packages, named one by one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PackagedPhoto:
    """A photograph in a Debian package.

    Attributes:
        name: What the tables call it.
        package: The package.
        path: Where it lies in there.
        checksum: First 16 hexadecimal digits of the file's SHA-256: other pixels, other figures.
        author: Who took it.
        license: Under which licence, by the package's copyright file.
    """

    name: str
    package: str
    path: str
    checksum: str
    author: str
    license: str


_MATE = "usr/share/backgrounds/mate/nature/{}.jpg"
_LOMIRI = "usr/share/backgrounds/{}.jpg"
_PLASMA = "usr/share/wallpapers/{}/contents/images/2560x1600.jpg"

PHOTOS: tuple[PackagedPhoto, ...] = (
    PackagedPhoto(
        "Aqua",
        "mate-backgrounds",
        _MATE.format("Aqua"),
        "5c30118205982da4",
        "Charles Barbin",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Blinds",
        "mate-backgrounds",
        _MATE.format("Blinds"),
        "f7aac0dcc2e06d04",
        "Lennart Poettering, Andrea Cimitan",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Dune",
        "mate-backgrounds",
        _MATE.format("Dune"),
        "8a67c2cb0be8c46b",
        "Marco Cogoni, Hylke Bons",
        "GPL-2+",
    ),
    PackagedPhoto(
        "FreshFlower",
        "mate-backgrounds",
        _MATE.format("FreshFlower"),
        "972b0a0c4e5e3fa9",
        "Jens Ansorg",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Garden",
        "mate-backgrounds",
        _MATE.format("Garden"),
        "d3095ee09d425ef2",
        "Charles Barbin",
        "GPL-2+",
    ),
    PackagedPhoto(
        "GreenMeadow",
        "mate-backgrounds",
        _MATE.format("GreenMeadow"),
        "8fa0de0aa4089f73",
        "Timothy Schellhase, Lapo Calamandrei",
        "GPL-2+",
    ),
    PackagedPhoto(
        "LadyBird",
        "mate-backgrounds",
        _MATE.format("LadyBird"),
        "e35a9a4126ef969c",
        "Charles Barbin",
        "GPL-2+",
    ),
    PackagedPhoto(
        "RainDrops",
        "mate-backgrounds",
        _MATE.format("RainDrops"),
        "3e4ea9671c28c90a",
        "blackcombwhistler07",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Storm",
        "mate-backgrounds",
        _MATE.format("Storm"),
        "77ca53077831d323",
        "Sergey Nazarov",
        "GPL-2+",
    ),
    PackagedPhoto(
        "TwoWings",
        "mate-backgrounds",
        _MATE.format("TwoWings"),
        "665e5abf8a539907",
        "Charles Barbin, Hylke Bons",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Wood",
        "mate-backgrounds",
        _MATE.format("Wood"),
        "19c78500ac00a622",
        "Jean-François Fortin Tam",
        "GPL-2+",
    ),
    PackagedPhoto(
        "YellowFlower",
        "mate-backgrounds",
        _MATE.format("YellowFlower"),
        "254da96256acb7ad",
        "Charles Barbin",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Bridge",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("Bridge_by_Sander_Klootwijk"),
        "bd86b081f9975e2b",
        "Sander Klootwijk",
        "CC-BY-SA-4.0",
    ),
    PackagedPhoto(
        "Dragonfly",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("Dragonfly_by_Bolly"),
        "af5af17841009732",
        "Bolly",
        "CC-BY-SA-4.0",
    ),
    PackagedPhoto(
        "Fig",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("Picture_0B_by_freespace"),
        "c8c0ab18e48d9e04",
        'Trevor "Freespace"',
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "Brushes",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("Picture_1A_by_freespace"),
        "89e86af38d04daae",
        'Trevor "Freespace"',
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "Wine",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("Wine_by_Jakkub_Mede"),
        "d2e96e6d4da40dd8",
        "Jakub Mede",
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "Aitzgorri",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("aitzgorri_by_Aitzol_Berasategi"),
        "66268e7b48f8854d",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "Free",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("free_by_Peter_Nerlich"),
        "85a5453c2fed514c",
        "Peter Nerlich",
        "CC-BY-SA-4.0",
    ),
    PackagedPhoto(
        "Friends",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("friends_by_Aitzol_Berasategi"),
        "cc40e313c74e421e",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "Greentock",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("greentock_by_Peter_Nerlich"),
        "e7b20e2db9dcd6e2",
        "Peter Nerlich",
        "CC-BY-SA-4.0",
    ),
    PackagedPhoto(
        "Life",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("life_by_Aitzol_Berasategi"),
        "4c119350ead80201",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "PicosDeEuropa",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("picosdeeuropa_by_Aitzol_Berasategi"),
        "414d0072b2f6f2c5",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "Seeding",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("seeding_by_Clements_Engelhardt"),
        "a5634d1ab5e41a35",
        "Clemens Engelhardt",
        "CC0-1.0",
    ),
    PackagedPhoto(
        "Sunset",
        "lomiri-wallpapers-16.04",
        _LOMIRI.format("sunset_by_Aitzol_Berasategi"),
        "474dab6a4b9f94dc",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    PackagedPhoto(
        "Kleiber",
        "lomiri-wallpapers-20.04",
        _LOMIRI.format("Kleiber_by_Lukas_Baubkus"),
        "6572410c09f4492c",
        "Lukas Baubkus",
        "CC-BY-SA-3.0",
    ),
    PackagedPhoto(
        "BytheWater",
        "plasma-workspace-wallpapers",
        _PLASMA.format("BytheWater"),
        "c272434ef39f2abf",
        "Maciej Wiklo",
        "GPL-2+",
    ),
    PackagedPhoto(
        "ColdRipple",
        "plasma-workspace-wallpapers",
        _PLASMA.format("ColdRipple"),
        "05bef6722fc0ed81",
        "Risto Saukonpää",
        "GPL-2+",
    ),
    PackagedPhoto(
        "ColorfulCups",
        "plasma-workspace-wallpapers",
        _PLASMA.format("ColorfulCups"),
        "6e0f3a72feb5a4a9",
        "Dmitri Popov",
        "GPL-2+",
    ),
    PackagedPhoto(
        "DarkestHour",
        "plasma-workspace-wallpapers",
        _PLASMA.format("DarkestHour"),
        "8e3703fae3a3c217",
        "Risto Saukonpää",
        "GPL-2+",
    ),
    PackagedPhoto(
        "EveningGlow",
        "plasma-workspace-wallpapers",
        _PLASMA.format("EveningGlow"),
        "586682dcb362b9f6",
        "Ian Hex",
        "GPL-2+",
    ),
    PackagedPhoto(
        "FallenLeaf",
        "plasma-workspace-wallpapers",
        _PLASMA.format("FallenLeaf"),
        "95603a6560c7e8d5",
        "Martin Klapetek",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Grey",
        "plasma-workspace-wallpapers",
        _PLASMA.format("Grey"),
        "88c31d8944b7e693",
        "Sigi Sagi",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Kite",
        "plasma-workspace-wallpapers",
        _PLASMA.format("Kite"),
        "bdca288ce296a981",
        "Risto Saukonpää",
        "GPL-2+",
    ),
    PackagedPhoto(
        "OneStandsOut",
        "plasma-workspace-wallpapers",
        _PLASMA.format("OneStandsOut"),
        "cb507baf1dafdcae",
        "Risto Saukonpää",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Path",
        "plasma-workspace-wallpapers",
        _PLASMA.format("Path"),
        "7477457d7f17b736",
        "Risto Saukonpää",
        "GPL-2+",
    ),
    PackagedPhoto(
        "Summer1am",
        "plasma-workspace-wallpapers",
        _PLASMA.format("summer_1am"),
        "c868b50789591dd4",
        "Risto Saukonpää",
        "GPL-2+",
    ),
)
