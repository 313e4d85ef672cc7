"""Small documents of other programs, made by hand."""

from __future__ import annotations

import io
import zipfile

HTML = """<!doctype html><html><head><meta charset="utf-8"><title>Lakes of the world</title>
<style>p { color: red }</style><script>alert(1)</script></head><body><h1>Lakes</h1>
<p>Lake Baikal is 1642 metres deep.</p><p>长江全长约6300公里。</p><script>alert(2)</script>
<table><tr><th>Lake</th><th>Depth</th></tr><tr><td>Baikal</td><td>1642</td></tr></table>
</body></html>"""
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
    '.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
    '.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)


def docx(*, external: str = "", bomb: int = 0) -> bytes:
    """Return a document with a heading, two paragraphs and a table.

    :param external: a file that an entity of its XML names.
    :param bomb: so many characters more, which pack well.
    """
    entity = f'<!DOCTYPE d [<!ENTITY e SYSTEM "{external}">]>' if external else ""
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{_paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in (("Lake", "Depth"), ("Baikal", "1642"))
    )
    body = "".join(
        [
            _paragraph("Lakes", "Heading1"),
            _paragraph("Lake Baikal is 1642 metres deep."),
            _paragraph("长江全长约6300公里。" + ("&e;" if external else "") + "A" * bomb),
            f"<w:tbl>{rows}</w:tbl>",
        ]
    )
    text = (
        f'<?xml version="1.0"?>{entity}<w:document xmlns:w="{_W}"><w:body>{body}</w:body>'
        "</w:document>"
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", text)
    return data.getvalue()


def pdf() -> bytes:
    """Return a page with one line."""
    stream = b"BT /F1 18 Tf 72 720 Td (Lake Baikal is 1642 metres deep.) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data, places = b"%PDF-1.4\n", list[int]()
    for number, each in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (len(places) + 1, table, len(places) + 1, len(data))
    )


def _paragraph(text: str, style: str = "") -> str:
    kept = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{kept}<w:r><w:t>{text}</w:t></w:r></w:p>"
