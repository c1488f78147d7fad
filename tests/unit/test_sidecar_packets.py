"""Sidecars of Lightroom, darktable and digiKam: what is changed changes, every other byte stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.sidecars.marks import MarksChange, Said, changed, read
from daemon.sidecars.packet import BrokenPacketError, parse

DATA = Path(__file__).parent.parent / "data" / "sidecars"
DATE = "2026-01-02T03:04:05+01:00"
EVERY = sorted(path.name for path in DATA.glob("*.xmp"))

Replacements = list[tuple[str, str]]

LIGHTROOM_DATE = ('MetadataDate="2023-07-02T10:15:33+02:00"', f'MetadataDate="{DATE}"')
OLD_LIGHTROOM_DATE = ("2009-05-10T21:07:54+02:00", DATE)
MOBILE_DATE = ('MetadataDate="2021-03-14T09:26:53Z"', f'MetadataDate="{DATE}"')
DIGIKAM_DATE = ('MetadataDate="2022-08-14T12:00:05"', f'MetadataDate="{DATE}"')
OLD_DIGIKAM_DATE = ('MetadataDate="2009-07-23T21:00:09"', f'MetadataDate="{DATE}"')
EXIFTOOL_DATE = ("2024-11-03T08:30:00", DATE)
_HASH = 'history_current_hash="b1946ac92492d2347c6235b4d2611184"'
DARKTABLE_DATE = (_HASH, f'{_HASH}\n   xmp:MetadataDate="{DATE}"')
_PRESETS = 'darktable:auto_presets_applied="1">'
OLD_DARKTABLE_DATE = (_PRESETS, f'{_PRESETS[:-1]}\n   xmp:MetadataDate="{DATE}">')
_ORDER = 'highlights,0">'
REJECTED_DATE = (_ORDER, f'{_ORDER[:-1]}\n   xmp:MetadataDate="{DATE}">')

CASES: list[tuple[str, MarksChange, Replacements]] = [
    (
        "lightroom_classic.xmp",
        MarksChange(rating=5),
        [('xmp:Rating="3"', 'xmp:Rating="5"'), LIGHTROOM_DATE],
    ),
    (
        "lightroom_classic.xmp",
        MarksChange(label="purple", flag="reject"),
        [
            ('xmp:Label="Yellow"', 'xmp:Label="Purple"'),
            ('xmpDM:pick="1"', 'xmpDM:pick="-1"'),
            ('xmpDM:good="true"', 'xmpDM:good="false"'),
            LIGHTROOM_DATE,
        ],
    ),
    (
        "lightroom_classic.xmp",
        MarksChange(label="", flag=""),
        [
            ('\n   xmp:Label="Yellow"', ""),
            ('xmpDM:pick="1"', 'xmpDM:pick="0"'),
            ('\n   xmpDM:good="true"', ""),
            LIGHTROOM_DATE,
        ],
    ),
    (
        "lightroom_classic.xmp",
        MarksChange(title='Cliffs <of> "Rügen" & sea'),
        [("Chalk cliffs", 'Cliffs &lt;of&gt; "Rügen" &amp; sea'), LIGHTROOM_DATE],
    ),
    (
        "lightroom_classic.xmp",
        MarksChange(add_keywords=("dusk",), remove_keywords=("Animals|Birds|Gulls",)),
        [
            (
                "\n     <rdf:li>Animals</rdf:li>\n     <rdf:li>Birds</rdf:li>"
                "\n     <rdf:li>Gulls</rdf:li>\n     <rdf:li>coast</rdf:li>",
                "\n     <rdf:li>coast</rdf:li>\n     <rdf:li>dusk</rdf:li>",
            ),
            (
                "<rdf:li>Animals|Birds|Gulls</rdf:li>\n     <rdf:li>coast</rdf:li>",
                "<rdf:li>coast</rdf:li>\n     <rdf:li>dusk</rdf:li>",
            ),
            LIGHTROOM_DATE,
        ],
    ),
    (
        "lightroom_old.xmp",
        MarksChange(rating=4, label="blue"),
        [
            ("<xap:Rating>2</xap:Rating>", "<xap:Rating>4</xap:Rating>"),
            ("<xap:Label>Rot</xap:Label>", "<xap:Label>Blau</xap:Label>"),
            OLD_LIGHTROOM_DATE,
        ],
    ),
    (
        "lightroom_old.xmp",
        MarksChange(title="", add_keywords=("Tanz",)),
        [
            ('\n     <rdf:li xml:lang="x-default">Trauung</rdf:li>', ""),
            (
                "<rdf:li>München</rdf:li>",
                "<rdf:li>München</rdf:li>\n     <rdf:li>Tanz</rdf:li>",
            ),
            OLD_LIGHTROOM_DATE,
        ],
    ),
    (
        "lightroom_mobile.xmp",
        MarksChange(flag="", label="green"),
        [
            ('xmp:Rating="-1"', 'xmp:Rating="0"'),
            ('LabelColor="red"', 'LabelColor="green"'),
            ('HasCrop="False"', 'HasCrop="False"\n   xmp:Label="Green"'),
            MOBILE_DATE,
        ],
    ),
    (
        "lightroom_mobile.xmp",
        MarksChange(rating=4),
        [
            (
                'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"',
                'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"\n'
                '    xmlns:rv="https://rabbitviewer.org/ns/xmp/1.0/"',
            ),
            ('HasCrop="False"', 'HasCrop="False"\n   rv:Stars="4"'),
            MOBILE_DATE,
        ],
    ),
    (
        "lightroom_mobile.xmp",
        MarksChange(title="New"),
        [
            (
                'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"',
                'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"\n'
                '    xmlns:dc="http://purl.org/dc/elements/1.1/"',
            ),
            (
                'HasCrop="False"/>',
                'HasCrop="False">\n   <dc:title>\n    <rdf:Alt>\n'
                '     <rdf:li xml:lang="x-default">New</rdf:li>\n    </rdf:Alt>\n'
                "   </dc:title>\n  </rdf:Description>",
            ),
            MOBILE_DATE,
        ],
    ),
    (
        "darktable.xmp",
        MarksChange(rating=1, label="red"),
        [
            ('xmp:Rating="4"', 'xmp:Rating="1"'),
            (
                "<darktable:colorlabels>\n    <rdf:Seq>\n     <rdf:li>2</rdf:li>",
                "<darktable:colorlabels>\n    <rdf:Seq>\n     <rdf:li>0</rdf:li>",
            ),
            DARKTABLE_DATE,
        ],
    ),
    (
        "darktable.xmp",
        MarksChange(add_keywords=("night",)),
        [
            (
                "<rdf:li>places</rdf:li>",
                "<rdf:li>places</rdf:li>\n     <rdf:li>night</rdf:li>",
            ),
            (
                "<rdf:li>places|berlin</rdf:li>",
                "<rdf:li>places|berlin</rdf:li>\n     <rdf:li>night</rdf:li>",
            ),
            DARKTABLE_DATE,
        ],
    ),
    (
        "darktable_old.xmp",
        MarksChange(rating=2),
        [('xmp:Rating="1"', 'xmp:Rating="2"'), OLD_DARKTABLE_DATE],
    ),
    (
        "darktable_old.xmp",
        MarksChange(label=""),
        [
            (
                "\n   <darktable:colorlabels>\n    <rdf:Seq>\n     <rdf:li>0</rdf:li>\n"
                "     <rdf:li>3</rdf:li>\n    </rdf:Seq>\n   </darktable:colorlabels>",
                "",
            ),
            OLD_DARKTABLE_DATE,
        ],
    ),
    (
        "darktable_rejected.xmp",
        MarksChange(flag="pick"),
        [
            ('xmp:Rating="-1"', 'xmp:Rating="0"'),
            (
                'xmlns:darktable="http://darktable.sf.net/"',
                'xmlns:darktable="http://darktable.sf.net/"\n'
                '    xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/"',
            ),
            (
                _ORDER,
                f'{_ORDER[:-1]}\n   xmpDM:pick="1"\n   xmp:MetadataDate="{DATE}">',
            ),
        ],
    ),
    (
        "darktable_rejected.xmp",
        MarksChange(label="yellow"),
        [
            REJECTED_DATE,
            (
                "   </darktable:history>\n",
                "   </darktable:history>\n   <darktable:colorlabels>\n    <rdf:Seq>\n"
                "     <rdf:li>1</rdf:li>\n    </rdf:Seq>\n   </darktable:colorlabels>\n",
            ),
        ],
    ),
    (
        "digikam.xmp",
        MarksChange(rating=4, label="blue", flag="reject"),
        [
            ('xmp:Rating="3"', 'xmp:Rating="4"'),
            ('acdsee:rating="3"', 'acdsee:rating="4"'),
            ('MicrosoftPhoto:Rating="50"', 'MicrosoftPhoto:Rating="75"'),
            ('xmp:Label="Green"', 'xmp:Label="Blue"'),
            ('ColorLabel="4"', 'ColorLabel="5"'),
            ('PickLabel="3"', 'PickLabel="1"'),
            (
                'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"',
                'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"\n'
                '    xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/"',
            ),
            ('MicrosoftPhoto:Rating="75"', 'MicrosoftPhoto:Rating="75"\n   xmpDM:pick="-1"'),
            DIGIKAM_DATE,
        ],
    ),
    (
        "digikam.xmp",
        MarksChange(add_keywords=("People|Ben",), remove_keywords=("picnic",)),
        [
            (
                "<rdf:li>Anna</rdf:li>\n     <rdf:li>picnic</rdf:li>",
                "<rdf:li>Anna</rdf:li>\n     <rdf:li>Ben</rdf:li>",
            ),
            (
                "<rdf:li>People/Anna</rdf:li>\n     <rdf:li>picnic</rdf:li>",
                "<rdf:li>People/Anna</rdf:li>\n     <rdf:li>People/Ben</rdf:li>",
            ),
            (
                "<rdf:li>People|Anna</rdf:li>\n     <rdf:li>picnic</rdf:li>",
                "<rdf:li>People|Anna</rdf:li>\n     <rdf:li>People|Ben</rdf:li>",
            ),
            DIGIKAM_DATE,
        ],
    ),
    (
        "digikam_exiftool.xmp",
        MarksChange(rating=5, title="O'Neill's"),
        [
            ("<xmp:Rating>2</xmp:Rating>", "<xmp:Rating>5</xmp:Rating>"),
            ("<MicrosoftPhoto:Rating>25<", "<MicrosoftPhoto:Rating>99<"),
            ("O&#39;Brien&#39;s", "O'Neill's"),
            EXIFTOOL_DATE,
        ],
    ),
    (
        "digikam_old.xmp",
        MarksChange(rating=1, flag="pick"),
        [
            ('xmp:Rating="0"', 'xmp:Rating="1"'),
            ('PickLabel="0"', 'PickLabel="3"'),
            ('acdsee:rating="0"', 'acdsee:rating="1"\r\n   xmpDM:pick="1"'),
            (
                'xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/"',
                'xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/"\r\n'
                '    xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/"',
            ),
            OLD_DIGIKAM_DATE,
        ],
    ),
]


def after(data: bytes, change: MarksChange) -> bytes:
    packet = parse(data)
    return changed(packet, change.of(read(packet)), date=DATE, rated=change.rating is not None)


def replaced(data: bytes, replacements: Replacements) -> bytes:
    for old, new in replacements:
        assert old.encode() in data
        data = data.replace(old.encode(), new.encode())
    return data


@pytest.mark.parametrize(("name", "change", "replacements"), CASES)
def test_a_change_touches_only_what_it_is_about(
    name: str, change: MarksChange, replacements: Replacements
) -> None:
    data = (DATA / name).read_bytes()
    assert after(data, change) == replaced(data, replacements)


@pytest.mark.parametrize(("name", "change", "replacements"), CASES)
def test_what_was_written_is_read_back(
    name: str, change: MarksChange, replacements: Replacements
) -> None:
    data = (DATA / name).read_bytes()
    wanted = change.of(read(parse(data)))
    said = read(parse(after(data, change)))
    assert (said.rating, said.label, said.flag) == (wanted.rating, wanted.label, wanted.flag)
    assert set(said.keywords) == set(wanted.keywords)


@pytest.mark.parametrize("name", EVERY)
def test_saying_what_is_said_already_changes_nothing(name: str) -> None:
    data = (DATA / name).read_bytes()
    said = read(parse(data))
    same = MarksChange(
        rating=said.rating,
        label=said.label,
        flag=said.flag,
        title=said.title,
        add_keywords=said.keywords,
        remove_keywords=("not there",),
    )
    assert after(data, same) == data


@pytest.mark.parametrize("name", EVERY)
def test_a_rating_there_and_back_gives_the_same_bytes_but_for_the_date(name: str) -> None:
    data = after((DATA / name).read_bytes(), MarksChange(title="dated"))
    rating = read(parse(data)).rating
    there = after(data, MarksChange(rating=(rating + 1) % 6))
    assert there != data
    assert read(parse(after(there, MarksChange(rating=rating)))) == read(parse(data))


def test_what_each_program_wrote_is_understood() -> None:
    found = {name: read(parse((DATA / name).read_bytes())) for name in EVERY}
    assert found == {
        "darktable.xmp": Said(4, "green", "", "Museum Island", ("places|berlin",)),
        "darktable_old.xmp": Said(1, "red"),
        "darktable_rejected.xmp": Said(0, "", "reject"),
        "digikam.xmp": Said(3, "green", "pick", "Picnic at the lake", ("People|Anna", "picnic")),
        "digikam_exiftool.xmp": Said(2, "", "", "O'Brien's", ("Places|Riga",)),
        "digikam_old.xmp": Said(),
        "lightroom_classic.xmp": Said(
            3, "yellow", "pick", "Chalk cliffs", ("Animals|Birds|Gulls", "coast")
        ),
        "lightroom_mobile.xmp": Said(0, "red", "reject"),
        "lightroom_old.xmp": Said(2, "red", "", "Trauung", ("Hochzeit", "München")),
    }


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_packet_in_utf_16_stays_in_utf_16(codec: str) -> None:
    text = (DATA / "lightroom_classic.xmp").read_text("utf-8")
    data = ("\ufeff" + text).encode(codec)
    expected = replaced(text.encode(), [('xmp:Rating="3"', 'xmp:Rating="5"'), LIGHTROOM_DATE])
    assert after(data, MarksChange(rating=5)) == ("\ufeff" + expected.decode()).encode(codec)


def test_a_byte_order_mark_and_comments_stay() -> None:
    data = b"\xef\xbb\xbf" + (DATA / "lightroom_mobile.xmp").read_bytes().replace(
        b"<rdf:Description", b'<!-- xmp:Rating="2" --><?note > ?>\n<rdf:Description'
    )
    done = after(data, MarksChange(rating=0, flag=""))
    assert done == replaced(data, [('xmp:Rating="-1"', 'xmp:Rating="0"'), MOBILE_DATE])


def test_a_packet_without_descriptions_gets_one() -> None:
    data = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    said = read(parse(after(data, MarksChange(rating=2, title="x", add_keywords=("a", "b|c")))))
    assert said == Said(2, "", "", "x", ("a", "b|c"))


def test_a_prefix_that_means_something_else_is_not_used() -> None:
    data = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:xmp="http://other/" xmp:Rating="9"/></rdf:RDF>'
    )
    done = after(data, MarksChange(rating=2))
    assert b'xmp:Rating="9"' in done
    assert read(parse(done)).rating == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF", "ends in the middle"),
        (b"<html/>", "no rdf:RDF"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b"<a>" * 300 + b"</a>" * 300, "nested too deeply"),
        (b"\xff\xfe<\0a\0>\0\0", "not utf-16-le"),
    ],
)
def test_what_is_no_packet_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BrokenPacketError, match=reason):
        parse(data)


@pytest.mark.parametrize(
    ("text", "stars"), [("4.0", 4), ("7", 5), ("", 0), ("-1", 0), ("five", 0), ("1e999", 0)]
)
def test_odd_ratings_are_read_as_stars(text: str, stars: int) -> None:
    data = (DATA / "lightroom_mobile.xmp").read_bytes()
    assert read(parse(data.replace(b'"-1"', f'"{text}"'.encode()))).rating == stars


def test_stars_of_a_photo_rejected_in_darktables_file_come_back() -> None:
    data = (DATA / "darktable.xmp").read_bytes()
    rejected = after(data, MarksChange(flag="reject"))
    assert b'xmp:Rating="-1"' in rejected
    assert read(parse(rejected)).rating == 4
    back = after(rejected, MarksChange(flag=""))
    assert b'xmp:Rating="4"' in back
    assert b"Stars" not in back


@example(name="darktable_old.xmp", cut=211, junk=b"-")  # a prefix that nothing declares
@given(name=st.sampled_from(EVERY), cut=st.integers(0, 5000), junk=st.binary(max_size=12))
def test_damaged_packets_are_refused_or_read_but_nothing_else(
    name: str, cut: int, junk: bytes
) -> None:
    data = (DATA / name).read_bytes()
    damaged = data[:cut] + junk + data[cut + len(junk) :]
    try:
        done = after(damaged, MarksChange(rating=1, label="red", flag="", add_keywords=("a",)))
    except BrokenPacketError:
        return
    assert read(parse(done)).rating == 1
