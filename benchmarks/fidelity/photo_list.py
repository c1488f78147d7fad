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


_Line = tuple[str, str, str, str, str]
"""Name, name of the file, checksum, author, licence."""

_MATE: tuple[_Line, ...] = (
    ("Aqua", "Aqua", "5c30118205982da4", "Charles Barbin", "GPL-2+"),
    ("Blinds", "Blinds", "f7aac0dcc2e06d04", "Lennart Poettering, Andrea Cimitan", "GPL-2+"),
    ("Dune", "Dune", "8a67c2cb0be8c46b", "Marco Cogoni, Hylke Bons", "GPL-2+"),
    ("FreshFlower", "FreshFlower", "972b0a0c4e5e3fa9", "Jens Ansorg", "GPL-2+"),
    ("Garden", "Garden", "d3095ee09d425ef2", "Charles Barbin", "GPL-2+"),
    (
        "GreenMeadow",
        "GreenMeadow",
        "8fa0de0aa4089f73",
        "Timothy Schellhase, Lapo Calamandrei",
        "GPL-2+",
    ),
    ("LadyBird", "LadyBird", "e35a9a4126ef969c", "Charles Barbin", "GPL-2+"),
    ("RainDrops", "RainDrops", "3e4ea9671c28c90a", "blackcombwhistler07", "GPL-2+"),
    ("Storm", "Storm", "77ca53077831d323", "Sergey Nazarov", "GPL-2+"),
    ("TwoWings", "TwoWings", "665e5abf8a539907", "Charles Barbin, Hylke Bons", "GPL-2+"),
    ("Wood", "Wood", "19c78500ac00a622", "Jean-François Fortin Tam", "GPL-2+"),
    ("YellowFlower", "YellowFlower", "254da96256acb7ad", "Charles Barbin", "GPL-2+"),
)
_LOMIRI_16: tuple[_Line, ...] = (
    (
        "Bridge",
        "Bridge_by_Sander_Klootwijk",
        "bd86b081f9975e2b",
        "Sander Klootwijk",
        "CC-BY-SA-4.0",
    ),
    ("Dragonfly", "Dragonfly_by_Bolly", "af5af17841009732", "Bolly", "CC-BY-SA-4.0"),
    ("Fig", "Picture_0B_by_freespace", "c8c0ab18e48d9e04", 'Trevor "Freespace"', "CC-BY-4.0"),
    ("Brushes", "Picture_1A_by_freespace", "89e86af38d04daae", 'Trevor "Freespace"', "CC-BY-4.0"),
    ("Wine", "Wine_by_Jakkub_Mede", "d2e96e6d4da40dd8", "Jakub Mede", "CC-BY-4.0"),
    (
        "Aitzgorri",
        "aitzgorri_by_Aitzol_Berasategi",
        "66268e7b48f8854d",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    ("Free", "free_by_Peter_Nerlich", "85a5453c2fed514c", "Peter Nerlich", "CC-BY-SA-4.0"),
    (
        "Friends",
        "friends_by_Aitzol_Berasategi",
        "cc40e313c74e421e",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    (
        "Greentock",
        "greentock_by_Peter_Nerlich",
        "e7b20e2db9dcd6e2",
        "Peter Nerlich",
        "CC-BY-SA-4.0",
    ),
    ("Life", "life_by_Aitzol_Berasategi", "4c119350ead80201", "Aitzol Berasategi", "CC-BY-4.0"),
    (
        "PicosDeEuropa",
        "picosdeeuropa_by_Aitzol_Berasategi",
        "414d0072b2f6f2c5",
        "Aitzol Berasategi",
        "CC-BY-4.0",
    ),
    (
        "Seeding",
        "seeding_by_Clements_Engelhardt",
        "a5634d1ab5e41a35",
        "Clemens Engelhardt",
        "CC0-1.0",
    ),
    ("Sunset", "sunset_by_Aitzol_Berasategi", "474dab6a4b9f94dc", "Aitzol Berasategi", "CC-BY-4.0"),
)
_LOMIRI_20: tuple[_Line, ...] = (
    ("Kleiber", "Kleiber_by_Lukas_Baubkus", "6572410c09f4492c", "Lukas Baubkus", "CC-BY-SA-3.0"),
)
_PLASMA: tuple[_Line, ...] = (
    ("BytheWater", "BytheWater", "c272434ef39f2abf", "Maciej Wiklo", "GPL-2+"),
    ("ColdRipple", "ColdRipple", "05bef6722fc0ed81", "Risto Saukonpää", "GPL-2+"),
    ("ColorfulCups", "ColorfulCups", "6e0f3a72feb5a4a9", "Dmitri Popov", "GPL-2+"),
    ("DarkestHour", "DarkestHour", "8e3703fae3a3c217", "Risto Saukonpää", "GPL-2+"),
    ("EveningGlow", "EveningGlow", "586682dcb362b9f6", "Ian Hex", "GPL-2+"),
    ("FallenLeaf", "FallenLeaf", "95603a6560c7e8d5", "Martin Klapetek", "GPL-2+"),
    ("Grey", "Grey", "88c31d8944b7e693", "Sigi Sagi", "GPL-2+"),
    ("Kite", "Kite", "bdca288ce296a981", "Risto Saukonpää", "GPL-2+"),
    ("OneStandsOut", "OneStandsOut", "cb507baf1dafdcae", "Risto Saukonpää", "GPL-2+"),
    ("Path", "Path", "7477457d7f17b736", "Risto Saukonpää", "GPL-2+"),
    ("Summer1am", "summer_1am", "c868b50789591dd4", "Risto Saukonpää", "GPL-2+"),
)


def _of(package: str, path: str, lines: tuple[_Line, ...]) -> list[PackagedPhoto]:
    return [
        PackagedPhoto(name, package, path.format(file), checksum, author, license_name)
        for name, file, checksum, author, license_name in lines
    ]


_WALLPAPER = "usr/share/wallpapers/{}/contents/images/2560x1600.jpg"

PHOTOS: tuple[PackagedPhoto, ...] = (
    *_of("mate-backgrounds", "usr/share/backgrounds/mate/nature/{}.jpg", _MATE),
    *_of("lomiri-wallpapers-16.04", "usr/share/backgrounds/{}.jpg", _LOMIRI_16),
    *_of("lomiri-wallpapers-20.04", "usr/share/backgrounds/{}.jpg", _LOMIRI_20),
    *_of("plasma-workspace-wallpapers", _WALLPAPER, _PLASMA),
)
