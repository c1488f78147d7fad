"""The names that programs give to ratings, labels, flags and keywords in XMP."""

from __future__ import annotations

Name = tuple[str, str]
"""Namespace and local name."""

XML = "http://www.w3.org/XML/1998/namespace"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
XMP = "http://ns.adobe.com/xap/1.0/"
XMP_DM = "http://ns.adobe.com/xmp/1.0/DynamicMedia/"
LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
MICROSOFT = "http://ns.microsoft.com/photo/1.0/"
MICROSOFT_BARE = "http://ns.microsoft.com/photo/1.0"
ACDSEE = "http://ns.acdsee.com/iptc/1.0/"
MEDIAPRO = "http://ns.iview-multimedia.com/mediapro/1.0/"
DARKTABLE = "http://darktable.sf.net/"
DIGIKAM = "http://www.digikam.org/ns/1.0/"
RV = "https://rabbitviewer.org/ns/xmp/1.0/"

PREFIXES = {
    DC: "dc",
    XMP: "xmp",
    XMP_DM: "xmpDM",
    LIGHTROOM: "lr",
    PHOTOSHOP: "photoshop",
    MICROSOFT: "MicrosoftPhoto",
    DARKTABLE: "darktable",
    DIGIKAM: "digiKam",
    RV: "rv",
}
"""What a namespace is called in a packet that does not name it yet."""

RATING: Name = (XMP, "Rating")
LABEL: Name = (XMP, "Label")
METADATA_DATE: Name = (XMP, "MetadataDate")
MODIFY_DATE: Name = (XMP, "ModifyDate")
TITLE: Name = (DC, "title")
SUBJECT: Name = (DC, "subject")
HIERARCHICAL: Name = (LIGHTROOM, "hierarchicalSubject")
PICK: Name = (XMP_DM, "pick")
GOOD: Name = (XMP_DM, "good")
LABEL_COLOR: Name = (PHOTOSHOP, "LabelColor")
ACDSEE_RATING: Name = (ACDSEE, "rating")
MICROSOFT_RATINGS: tuple[Name, ...] = ((MICROSOFT, "Rating"), (MICROSOFT_BARE, "Rating"))
DARKTABLE_LABELS: Name = (DARKTABLE, "colorlabels")
DIGIKAM_LABEL: Name = (DIGIKAM, "ColorLabel")
DIGIKAM_PICK: Name = (DIGIKAM, "PickLabel")
DIGIKAM_TAGS: Name = (DIGIKAM, "TagsList")
STARS: Name = (RV, "Stars")
"""The stars of a rejected photo, where its program writes the rejection as its rating."""

HIERARCHIES: dict[Name, str] = {
    HIERARCHICAL: "|",
    DIGIKAM_TAGS: "/",
    (MICROSOFT, "LastKeywordXMP"): "/",
    (MICROSOFT_BARE, "LastKeywordXMP"): "/",
    (MEDIAPRO, "CatalogSets"): "|",
}
"""Lists of hierarchical keywords, and what stands between their levels."""

COLORS = ("red", "yellow", "green", "blue", "purple")

LABEL_WORDS: tuple[tuple[str, str, str, str, str], ...] = (
    ("Red", "Yellow", "Green", "Blue", "Purple"),
    ("Rot", "Gelb", "Grün", "Blau", "Lila"),
    ("Rouge", "Jaune", "Vert", "Bleu", "Violet"),
    ("Rojo", "Amarillo", "Verde", "Azul", "Púrpura"),
    ("Rosso", "Giallo", "Verde", "Blu", "Viola"),
    ("Vermelho", "Amarelo", "Verde", "Azul", "Roxo"),
    ("Rood", "Geel", "Groen", "Blauw", "Paars"),
    ("Röd", "Gul", "Grön", "Blå", "Lila"),
    ("Красный", "Желтый", "Зеленый", "Синий", "Фиолетовый"),
    ("Czerwony", "Żółty", "Zielony", "Niebieski", "Fioletowy"),
    ("レッド", "イエロー", "グリーン", "ブルー", "パープル"),
    ("红色", "黄色", "绿色", "蓝色", "紫色"),
    ("紅色", "黃色", "綠色", "藍色", "紫色"),
    ("빨강", "노랑", "녹색", "파랑", "자주"),
    ("Select", "Second", "Approved", "Review", "To Do"),
    ("Red", "Yellow", "Green", "Blue", "Magenta"),
)
"""``xmp:Label`` of Lightroom in its languages, of Bridge, of digiKam; in the order of COLORS."""

DIGIKAM_COLORS = {1: "red", 3: "yellow", 4: "green", 5: "blue", 6: "purple"}
MICROSOFT_STARS = (0, 1, 25, 50, 75, 99)
