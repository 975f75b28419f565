"""Documents of each kind of file, as blocks."""

import io
from collections.abc import Callable

import docx
import pytest

from llm.retrieval.blocks import Kind
from llm.retrieval.reading import file
from llm.retrieval.reading.unreadable import Unreadable


def read(name: str, content: str | bytes) -> list[tuple[Kind, str]]:
    found = file.read(name, content.encode() if isinstance(content, str) else content)
    return [(one.kind, one.text) for one in found.blocks]


def test_markdown_is_read_by_its_structure() -> None:
    content = "---\ntitle: Handbook\n---\n# Guide\nSee [the *site*](http://a.b).\n\n3. one\n   more\n\n"
    content += "|a|b|\n|-|-|\n|1|2|\n"
    assert file.read("a.md", content.encode()).title == "Handbook"
    assert read("a.md", content) == [
        (Kind.HEADING, "Guide"),
        (Kind.PARAGRAPH, "See the site."),
        (Kind.ITEM, "3. one more"),
        (Kind.ROW, "a | b"),
        (Kind.ROW, "1 | 2"),
    ]


def test_html_is_read_without_what_is_no_text_of_the_page() -> None:
    content = """<title>Shop &amp; co</title><body><nav>menu</nav>loose <b>word</b>
        <h2>Lamps</h2><script>steal()</script><p hidden>secret</p><ul><li>blue<li><p>red</p></ul>
        <table><tr><th>a<td>1 <i>x</i></tr></table><div>deep <div>er</div></div>"""
    assert file.read("a.html", content.encode()).title == "Shop & co"
    assert read("a.html", content) == [
        (Kind.PARAGRAPH, "loose word"),
        (Kind.HEADING, "Lamps"),
        (Kind.ITEM, "- blue"),
        (Kind.ITEM, "- red"),
        (Kind.ROW, "a | 1 x"),
        (Kind.PARAGRAPH, "deep"),
        (Kind.PARAGRAPH, "er"),
    ]


def test_word_documents_are_read_with_headings_items_and_tables() -> None:
    document = docx.Document()
    document.add_heading("Terms", 1)
    document.add_paragraph("Ten days.")
    document.add_paragraph("unused", style="List Bullet")
    cells = document.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "price", "9 euro"
    out = io.BytesIO()
    document.save(out)
    assert read("a.docx", out.getvalue()) == [
        (Kind.HEADING, "Terms"),
        (Kind.PARAGRAPH, "Ten days."),
        (Kind.ITEM, "- unused"),
        (Kind.ROW, "price | 9 euro"),
    ]


def pdf(*pages: str) -> bytes:
    """A PDF written by hand: each page's lines."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids: list[str] = []
    font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    for page in pages:
        shown = " T* ".join(f"({line}) Tj" for line in page.split("\n"))
        stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET"
        number = len(objects) + 1
        objects.append(f"<< /Type /Page /Parent 2 0 R /Resources {font} /Contents {number + 1} 0 R >>")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        kids.append(f"{number} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] /MediaBox [0 0 612 792] >>"
    out = "%PDF-1.4\n"
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
    return f"{out}startxref\n{start}\n%%EOF".encode("latin-1")


def test_a_pdf_is_read_page_by_page_with_words_made_whole() -> None:
    found = file.read("a.pdf", pdf("The lamp is guar-\nanteed for two years.", "Keep the bill.")).blocks
    assert [(one.text, one.page) for one in found] == [
        ("The lamp is guaranteed for two years.", 1),
        ("Keep the bill.", 2),
    ]


def test_text_is_read_in_the_encodings_that_people_use() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert read("a.txt", "Grüße an\nalle\r\n\r\nÉté".encode(encoding)) == [
            (Kind.PARAGRAPH, "Grüße an alle"),
            (Kind.PARAGRAPH, "Été"),
        ]


BROKEN: list[tuple[str, Callable[[], bytes], str]] = [
    ("a.exe", lambda: b"MZ", "end in .md"),
    ("a.pdf", lambda: b"nonsense", "no PDF that can be read"),
    ("a.pdf", lambda: pdf(""), "recognised first"),
    ("a.docx", lambda: b"PK\x03\x04 nonsense", "no DOCX that can be read"),
    ("a.txt", lambda: b"\0\1\2", "it is no text"),
    ("a.md", lambda: b"# Only a heading\n", "it has no text"),
    ("a.html", lambda: b"<script>x</script>", "it has no text"),
]


@pytest.mark.parametrize(("name", "content", "why"), BROKEN, ids=[f"{n} {w}" for n, _, w in BROKEN])
def test_a_file_that_cannot_be_read_is_told_why(name: str, content: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        file.read(name, content())
