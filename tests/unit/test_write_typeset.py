from __future__ import annotations

import io
import unicodedata
from datetime import date

import pytest
from pypdf import PdfReader

from data.write import typeset
from data.write.typeset import compile_source, showable

DAY = date(2017, 10, 17)
HOSTILE = (
    "#panic()",
    '#read("/etc/passwd")',
    "*gras* _penché_ `code`",
    "$ x^2 $",
    "[crochet] ] [",
    "\\ \\n \\u{41} une barre\\",
    "= Titre",
    "<label> @renvoi",
    "// commentaire /* ici */",
    "https://example.org/ ~ --- ...",
    '"); panic("',
    "« Hôtel du Département » : 7 rue Fantin-Latour – 38000",
)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def probe(lines: list[str], *, title: str = "Essai") -> bytes:
    source = "= #data.title\n#for line in data.lines [#par(line)]\n"
    return compile_source(source, {"title": title, "lines": lines}, day=DAY)


def test_text_from_files_is_printed_as_it_was_typed_and_never_run() -> None:
    found = squeezed(text_of(probe(list(HOSTILE), title="#panic() *titre* \\")))

    for line in (*HOSTILE, "#panic() *titre* \\"):
        assert squeezed(line) in found


def test_the_same_document_is_the_same_bytes() -> None:
    assert probe(["a"]) == probe(["a"])


def test_the_day_of_a_document_is_the_one_it_is_given() -> None:
    metadata = PdfReader(io.BytesIO(probe(["a"]))).metadata

    assert metadata is not None
    assert str(metadata["/CreationDate"]) == "D:20171017120000Z"


def test_a_document_is_tagged_french_and_archivable() -> None:
    reader = PdfReader(io.BytesIO(probe(["a"])))
    root = reader.root_object
    xmp = reader.xmp_metadata

    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]) == "fr-FR"
    assert xmp is not None
    assert (xmp.pdfaid_part, xmp.pdfaid_conformance) == ("2", "A")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in xmp.stream.get_data()


def test_the_fonts_have_every_character_that_is_let_through() -> None:
    letters = [
        character
        for first, last in typeset._SHOWN
        for character in map(chr, range(first, last + 1))
        if showable(character) == character
    ]

    assert len(letters) > 2000
    assert probe(letters).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Zoé 🎨 芸術", "Zoé □ □□"),
        ("e\u0301té", "été"),
        ("a\u202eb\u200bc", "abc"),
        ("une\nligne\tou deux\x00\x1b", "une ligne ou deux"),
        ("\ud800 seul", " seul"),
        ("25\u00a0€ – l’œuvre", "25\u00a0€ – l’œuvre"),
    ],
)
def test_what_no_font_shows_is_a_box_and_what_nobody_sees_is_dropped(
    typed: str, shown: str
) -> None:
    assert showable(typed) == shown
    assert probe([typed]).startswith(b"%PDF")
