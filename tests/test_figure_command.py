"""The command `figure`: one figure on its own, in the formats, sizes and resolutions of journals."""

from __future__ import annotations

import csv
import io
import re
import shutil
from base64 import b64decode
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from lxml import etree
from PIL import Image

from sscreport.cli import main
from sscreport.draw import Canvas, draw, fallback
from sscreport.draw.canvas import LEAST_LINE, LEAST_TYPE
from sscreport.draw.fonts import text_width
from sscreport.problems import BuildError, UsageError
from tests.conftest import REPOSITORY
from tests.test_figures import draw_review

SVG = "{http://www.w3.org/2000/svg}"
MM_PER_INCH, MM_PER_POINT = 25.4, 25.4 / 72
WIDE = "张伟等北京"  # five characters, one em each


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The forest plot of RCS in every format at 600 dpi."""
    folder = tmp_path_factory.mktemp("written")
    assert run("rcs", "--format", "svg,pdf,png,tiff", "--dpi", "600", "--out", str(folder)) == 0
    return folder


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A copy of the small review."""
    shutil.copytree(REPOSITORY / "tests/small_review", tmp_path / "other")
    return tmp_path / "other"


def run(*words: str, review: Path = REPOSITORY) -> int:
    return main(["figure", *words], default_review=review)


def size_mm(path: Path) -> tuple[float, float]:
    """Width and height that an SVG says of itself."""
    root = etree.parse(path).getroot()
    return tuple(float(root.get(side).removesuffix("mm")) for side in ("width", "height"))  # type: ignore[return-value]


def test_it_writes_the_formats_that_are_asked_for_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without options SVG, PDF and PNG under the figure's id, each file named with its size."""
    assert run("rcs", "--out", str(tmp_path / "new/folder")) == 0
    files = sorted(path.name for path in (tmp_path / "new/folder").iterdir())
    assert files == ["rcs.pdf", "rcs.png", "rcs.svg"]
    said = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0].rpartition("/")[2] for line in said] == ["rcs.svg", "rcs.pdf", "rcs.png"]
    assert all(" mm" in line for line in said) and said[2].endswith("300 dpi")


def test_a_figure_can_be_named_by_its_number_in_the_manuscript(tmp_path: Path) -> None:
    """ "fig2", "Fig. 2" and "2" are the second figure that the templates place."""
    for name in ("fig2", "Fig. 2", "2"):
        folder = tmp_path / name
        assert run(name, "--format", "svg", "--out", str(folder)) == 0
        assert [path.name for path in folder.iterdir()] == ["mrss-by-time.svg"]


def test_the_default_folder_is_figures_and_nothing_else_is_written(other: Path) -> None:
    """In the review's folder only figures/ has new files, and no manuscript is there."""
    assert run("walk", "--format", "png,tif", review=other) == 0
    assert sorted(path.name for path in (other / "figures").iterdir()) == ["walk.png", "walk.tiff"]
    assert not (other / "output").exists()


def test_an_override_never_writes_over_the_figure_of_a_build(other: Path) -> None:
    """Layout, width and another resolution are part of the file's name, and a build leaves them alone."""
    assert main(["--review", str(other), "--only", "html", "--quiet"]) == 0
    before = {path: path.read_bytes() for path in (other / "figures").iterdir()}
    assert run("walk", "--layout", "revman", "--format", "svg", review=other) == 0
    assert run("walk", "--width", "170", "--format", "svg", review=other) == 0
    assert run("walk", "--dpi", "150", "--format", "png", review=other) == 0
    assert {path: path.read_bytes() for path in before} == before
    added = sorted(path.name for path in (other / "figures").iterdir() if path not in before)
    assert added == ["walk-150dpi.png", "walk-170mm.svg", "walk-revman.svg"]


def test_a_build_does_not_call_figures_drawn_alone_left_over(
    other: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are nobody's remains; a figure that the review no longer has is."""
    assert run("walk", "--layout", "revman", "--format", "svg", review=other) == 0
    (other / "figures/gone.svg").write_text("<svg/>")
    assert main(["--review", str(other), "--only", "html", "--quiet"]) == 0
    said = capsys.readouterr().err
    assert "gone.svg" in said and "walk-revman.svg" not in said


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["nope"], "Known: flow, mrss-by-time, mrss-by-source, rcs,"),
        (["rsc"], "Did you mean rcs?"),
        (["fig99"], "The manuscript has no figure 99. Known: 1 flow, 2 mrss-by-time,"),
        (["rcs", "--width", "wide"], "Write it as 85mm, 8.5cm or 3.35in."),
        (["rcs", "--width", "2cm"], "is 20 mm; a figure is 60 to 400 mm wide"),
        (["rcs", "--layout", "lancet"], "invalid choice: 'lancet'"),
        (["flow", "--layout", "jama"], "Only forest plots have layouts; flow is a figure of kind flow."),
        (["rcs", "--format", "svg,gif"], "'gif' is not a format. Allowed are svg, pdf, png, tiff"),
        (["rcs", "--dpi", "0"], "Give a whole number from 72 to 2400."),
        ([], "the following arguments are required: ID"),
        (["rcs", "--out", str(REPOSITORY / "README.md")], "is a file. Name a folder with --out."),
    ],
)
def test_a_mistake_is_explained(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, what was expected, and no traceback."""
    assert run(*words) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert hint in said and "Traceback" not in said


@pytest.mark.parametrize("length", ["85", "85mm", "8.5cm", "3.3465in", "85 MM"])
def test_widths_have_units(length: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Millimetres, centimetres and inches reach the figure's entry as the number of millimetres."""
    import sscreport.draw

    entries = []
    forest = sscreport.draw.KINDS["forest"]

    def noting(entry: dict, *others: object) -> object:
        entries.append(entry)
        return forest(entry, *others)

    monkeypatch.setitem(sscreport.draw.KINDS, "forest", noting)
    options = ("--width", length, "--layout", "jama", "--format", "svg", "--out", str(tmp_path))
    assert run("rcs", *options) == 0
    assert (entries[0]["width"], entries[0]["layout"]) == (85.0, "jama")


def test_layout_and_width_may_stand_in_review_toml(other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The settings' schema knows both keys, and refuses other layouts and widths."""
    settings = other / "data/review.toml"
    plain = settings.read_text(encoding="utf-8")
    entry = 'kind = "forest"\n'
    settings.write_text(plain.replace(entry, f'{entry}layout = "bmj"\nwidth = 170\n'), encoding="utf-8")
    assert run("walk", "--format", "svg", review=other) == 0
    wrong = plain.replace(entry, f'{entry}layout = "lancet"\nwidth = 20\n')
    settings.write_text(wrong, encoding="utf-8")
    assert run("walk", "--format", "svg", review=other) == 2
    said = capsys.readouterr().err
    assert "lancet" in said and "width" in said


def test_the_same_bytes_twice(written: Path, tmp_path: Path) -> None:
    """Every format comes out byte for byte the same, with no date inside."""
    assert run("rcs", "--format", "svg,pdf,png,tiff", "--dpi", "600", "--out", str(tmp_path)) == 0
    names = sorted(path.name for path in written.iterdir())
    assert names == ["rcs-600dpi.png", "rcs-600dpi.tiff", "rcs.pdf", "rcs.svg"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes(), name
    with pikepdf.open(written / "rcs.pdf") as pdf:
        assert "/CreationDate" not in pdf.docinfo and "/ModDate" not in pdf.docinfo


def test_a_pdf_is_vector_with_its_fonts_inside(written: Path) -> None:
    """One page as large as the figure, no picture on it, and every font an embedded TrueType subset."""
    with pikepdf.open(written / "rcs.pdf") as pdf:
        (page,) = pdf.pages
        width, height = (float(edge) * MM_PER_POINT for edge in page.MediaBox[2:])
        assert (width, height) == pytest.approx(size_mm(written / "rcs.svg"), abs=0.1)
        assert not page.Resources.get("/XObject", {})
        fonts = [font.DescendantFonts[0] for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            assert font.Subtype == "/CIDFontType2" and "/FontFile2" in font.FontDescriptor
            assert re.match(r"/[A-Z]{6}\+Arimo", str(font.BaseFont))
        assert str(pdf.docinfo.Title) == "rcs" and str(pdf.docinfo.Subject).startswith("Forest plot.")


def test_the_text_of_a_pdf_can_be_copied(written: Path) -> None:
    """Every line of text in the SVG is a run of text in the PDF, minus signs and squares too."""
    text = pypdfium2.PdfDocument(written / "rcs.pdf")[0].get_textpage().get_text_range()
    plain = "".join(text.split())
    lines = ["".join(line.itertext()) for line in etree.parse(written / "rcs.svg").iter(f"{SVG}text")]
    assert len(lines) > 20 and any("−" in line for line in lines) and any("²" in line for line in lines)
    for line in lines:
        assert "".join(line.split()) in plain, line


@pytest.mark.parametrize("dpi", [300, 600])
def test_png_and_tiff_have_the_pixels_of_their_resolution(dpi: int, tmp_path: Path) -> None:
    """Width and height in mm times dots per mm, the resolution said inside, TIFF as RGB with LZW."""
    assert run("funnel", "--format", "svg,png,tiff", "--dpi", str(dpi), "--out", str(tmp_path)) == 0
    tail = "" if dpi == 300 else f"-{dpi}dpi"
    wanted = [side / MM_PER_INCH * dpi for side in size_mm(tmp_path / "funnel.svg")]
    with (
        Image.open(tmp_path / f"funnel{tail}.png") as png,
        Image.open(tmp_path / f"funnel{tail}.tiff") as tiff,
    ):
        assert png.size == tiff.size == pytest.approx(wanted, abs=1)
        assert png.info["dpi"] == pytest.approx((dpi, dpi), abs=0.01)  # pHYs counts dots a metre
        assert tiff.info["dpi"] == (dpi, dpi)
        assert (tiff.mode, tiff.info["compression"]) == ("RGB", "tiff_lzw")
        assert tiff.tobytes() == png.convert("RGB").tobytes()


def test_an_svg_carries_the_characters_it_needs_of_its_font(written: Path) -> None:
    """Text stays text; both weights are inside as TrueType, each with every character it sets."""
    root = etree.parse(written / "rcs.svg").getroot()
    rules = re.findall(
        r"font-weight: (\w+); src: url\(\"data:font/ttf;base64,([^\"]+)", root.findtext(f"{SVG}style")
    )
    fonts = {weight: TTFont(io.BytesIO(b64decode(data))).getBestCmap() for weight, data in rules}
    assert sorted(fonts) == ["bold", "normal"]
    for text in root.iter(f"{SVG}text"):
        characters = fonts[text.get("font-weight", "normal")]
        assert set(map(ord, "".join(text.itertext()))) <= set(characters)
    assert all(len(characters) < 100 for characters in fonts.values())


def test_figures_of_a_build_do_not_carry_a_font() -> None:
    """What stands inside the page and in figures/ is small and has the same marks."""
    for drawing in draw_review(REPOSITORY).drawings.values():
        assert "@font-face" not in drawing.figure.svg
        assert "Noto Sans CJK" in etree.fromstring(drawing.figure.svg).get("font-family")


def test_type_and_lines_are_large_enough_to_print() -> None:
    """No type below 7 pt and no line below 0.25 pt, in the figures; a smaller one is refused."""
    for name, drawing in draw_review(REPOSITORY).drawings.items():
        root = etree.fromstring(drawing.figure.svg)
        assert min(float(text.get("font-size")) for text in root.iter(f"{SVG}text")) >= LEAST_TYPE == 7, name
        widths = [float(mark.get("stroke-width")) for mark in root.iter() if mark.get("stroke-width")]
        assert min(widths) >= LEAST_LINE == 0.25, name
    canvas = Canvas(10, 10)
    with pytest.raises(BuildError, match="6.9 pt is below 7 pt"):
        canvas.text(1, 1, "small", 6.9)
    with pytest.raises(BuildError, match="0.2 pt is below 0.25 pt"):
        canvas.line((0, 0), (1, 1), width=0.2)
    with pytest.raises(BuildError, match="0.2 pt"):
        canvas.rectangle(0, 0, 1, 1, "#fff", line=0.2)


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    """`Drawing.write` says which formats there are, and writes nothing."""
    drawing = next(iter(draw_review(REPOSITORY).drawings.values()))
    with pytest.raises(UsageError, match=r"Known: \.svg, \.pdf, \.png, \.tiff, \.tif\."):
        drawing.write(tmp_path / "figure.bmp")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- other scripts


def test_wide_characters_are_measured_as_wide_as_they_are() -> None:
    """Chinese, Japanese and Korean take one em each, Greek its own width, and accents none."""
    em = 10 * MM_PER_POINT
    for text in (WIDE, "さくらのき", "한국어가나", "ＡＢＣＤＥ"):
        assert text_width(text, 10) == pytest.approx(5 * em)
    assert text_width("a" + WIDE + "b", 10) == pytest.approx(
        text_width("a", 10) + text_width("b", 10) + 5 * em
    )
    assert text_width("τ", 10) < 0.6 * em
    assert text_width("Жук", 10, bold=True) >= 1.7 * em
    assert text_width("x\u0301", 10) == text_width("x", 10)


def _font(folder: Path, characters: str) -> Path:
    """A font in which each of the characters is a black square of one em."""
    pen = TTGlyphPen(None)
    for i, corner in enumerate(((0, -120), (0, 880), (1000, 880), (1000, -120))):
        (pen.lineTo if i else pen.moveTo)(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(sign): "square" for sign in characters})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular", "psName": "Squares-Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(folder / "NotoSansCJK-Squares.ttf")
    return folder / "NotoSansCJK-Squares.ttf"


@pytest.fixture
def chinese(other: Path) -> Path:
    """The small review with a study that has a Chinese name."""
    path = other / "data/studies.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Birch", WIDE), encoding="utf-8")
    return other


def _installed(monkeypatch: pytest.MonkeyPatch, *fonts: Path) -> None:
    monkeypatch.setattr(fallback, "_installed", lambda: fonts)
    fallback.fallback_font.cache_clear()


@pytest.fixture(autouse=True)
def _own_fonts_again() -> object:
    yield
    fallback.fallback_font.cache_clear()


def test_an_installed_font_lends_the_characters_that_ours_lacks(
    chinese: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are painted with it in PNG, embedded and copied as text in PDF; nobody is warned."""
    _installed(monkeypatch, _font(tmp_path, WIDE))
    assert run("walk", review=chinese) == 0
    assert capsys.readouterr().err == ""
    pdf = pypdfium2.PdfDocument(chinese / "figures/walk.pdf")
    assert WIDE in pdf[0].get_textpage().get_text_range()
    with pikepdf.open(chinese / "figures/walk.pdf") as opened:
        names = [str(font.BaseFont) for font in opened.pages[0].Resources.Font.values()]
    assert any("Squares" in name for name in names) and any("Arimo" in name for name in names)
    with Image.open(chinese / "figures/walk.png") as painted:
        rows = [painted.convert("L").crop((0, y, 200, y + 1)).tobytes() for y in range(painted.height)]
    longest = max(len(run) for row in rows for run in re.findall(b"[\x00-\x40]+", row))
    square = 7.5 / 72 * 300  # pixels
    assert longest >= 5 * square - 2


def test_characters_that_no_font_has_are_warned_of(
    chinese: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command and the build name the characters, the figure and what to install; both go through."""
    _installed(monkeypatch)
    assert run("walk", review=chinese) == 0
    told = f"No installed font has the characters {WIDE} of the figure walk"
    assert told in capsys.readouterr().err
    assert main(["--review", str(chinese), "--only", "html", "--quiet"]) == 0
    assert told in " ".join(capsys.readouterr().err.split())
    page = (chinese / "figures/walk.csv").read_text(encoding="utf-8")
    assert [row[0] for row in csv.reader(io.StringIO(page))][2] == WIDE


def test_draw_is_what_the_command_draws(written: Path) -> None:
    """The SVG of the command without its font is the one of a build."""
    drawn = draw_review(REPOSITORY)
    figure = draw(drawn.review, list(drawn.syntheses.values()))["rcs"].figure
    alone = etree.parse(written / "rcs.svg").getroot()
    alone.remove(alone.find(f"{SVG}style"))
    assert etree.tostring(alone) == etree.tostring(etree.fromstring(figure.svg))
