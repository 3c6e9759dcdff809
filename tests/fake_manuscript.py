"""A small invented manuscript that holds everything a writer may meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

from lxml import etree

from sscreport.document import Manuscript
from sscreport.enclosure import Enclosure
from sscreport.origins import Origin, Origins, Use
from sscreport.records import Figure
from sscreport.register import marked_texts
from sscreport.values import READ, Cell

TITLE = "An invented treatment for an invented disease: a systematic review and meta-analysis"
PROSE = (
    "Patients differed in the duration of disease, in the extent of skin involvement and in the "
    "medication they were allowed to continue, and the reports rarely say how the dose was chosen. "
    "Changes from baseline were extracted wherever a report gave them; otherwise they were derived "
    "from the means before and after treatment, which needs an assumption about their correlation. "
)

LONG_PHRASE = (  # longer than a line, so that a line end breaks it
    "no significant difference between the subgroups by source of cells, nor between those by month of "
    "follow-up, nor by route of injection"
)


class Text:
    """Marks up values and citations, numbering every use of a key as the composer does."""

    def __init__(self) -> None:
        self.uses: Counter[str] = Counter()
        self.printed: dict[str, str] = {}

    def value(self, key: str, text: str) -> str:
        self.uses[key] += 1
        name = f"n-{key}-{self.uses[key]}"
        self.printed[name] = text
        return f'<span data-value="{key}" id="{name}">{escape(text)}</span>'

    def interval(self, key: str, estimate: str, low: str, high: str) -> str:
        parts = zip(("estimate", "ci_low", "ci_high"), (estimate, low, high), strict=True)
        middle, below, above = (self.value(f"{key}.{part}", text) for part, text in parts)
        return f"{middle} ({below} to {above})"


def fake_origins(tree: etree._Element, figures: Mapping[str, Figure]) -> Origins:
    """An origin for every key in the tree and the figures: a field of one invented file."""
    uses: dict[str, list[Use]] = {}
    for element in tree.iterfind(".//*[@data-value]"):
        place = next(
            (e.get("id") for e in element.iterancestors("section", "figure") if e.get("id")), "header"
        )
        use = Use(element.get("id"), "".join(element.itertext()), place)
        uses.setdefault(element.get("data-value"), []).append(use)
    for name, figure in figures.items():
        for key, text in marked_texts(figure.svg):
            uses.setdefault(key, []).append(Use("", text, f"figures/{name}.svg"))
        for key in etree.fromstring(figure.svg.encode()).xpath("//@data-value"):
            uses.setdefault(key, [])
    cells = {
        key: Cell("data/invented.csv", key, "value", "5", "published", "an invented source") for key in uses
    }
    by_key = {
        key: Origin(
            key, f"value, {key}", 5, "", READ.name, "", "published",
            cells=(cells[key].address,), uses=tuple(found),
        )
        for key, found in uses.items()
    }  # fmt: skip
    return Origins(by_key, {cell.address: cell for cell in cells.values()}, {})


def cite(name: str, number: int) -> str:
    return f'[<a data-cite="{name}" href="#ref-{name}">{number}</a>]'


def refer(place: str, text: str) -> str:
    return f'<a data-ref="{place}" href="#{place}">{text}</a>'


def fake_manuscript() -> tuple[Manuscript, dict[str, str]]:
    """The manuscript, and the text of every value in it by the id of its place."""
    text = Text()
    figures = {"skin-score": forest("skin-score", 12), "pain-scale": forest("pain-scale", 4)}
    tree = etree.fromstring(
        f"<article>{header()}{abstract(text)}{methods(text)}{results(text)}{abbreviations()}{references()}"
        "</article>"
    )
    manuscript = Manuscript(
        tree=tree,
        title=TITLE,
        subject="What an invented treatment changed, by study.",
        authors=("Ada Example", "Björn Müller-Łoś", "Χρυσή Παπαδοπούλου"),
        keywords=("systemic sclerosis", "meta-analysis"),
        language="en-GB",
        figures=figures,
        pngs={},
        origins=fake_origins(tree, figures),
        enclosure=Enclosure({"data/invented.csv": "id,n\nrow,5\n"}, "{}", "0", "0"),
        about={"date": "2026-01-31"},
    )
    return manuscript, text.printed


def header() -> str:
    return f"""<header><h1>{TITLE}</h1>
<p class="authors">Ada Example<sup><span data-constant="affiliation">1</span></sup>,
Björn Müller-Łoś<sup><span data-constant="affiliation">1,2</span></sup> and Χρυσή Παπαδοπούλου</p>
<p class="meta"><sup><span data-constant="affiliation">1</span></sup> Department of Rheumatology, Example</p>
<p class="meta">Correspondence: Ada Example. Registered before the search.</p>
<aside class="notice"><p><strong>Reconstructed data.</strong> Rows with a dagger (†) were solved from pooled
results; they prove arithmetic and nothing about patients.</p></aside></header>"""


def abstract(text: Text) -> str:
    skin = text.interval("mrss.m6.pooled", "5.10", "3.39", "6.81")
    lungs = text.interval("dlco.pooled", "−0.22", "−3.38", "6.99")
    return f"""<section id="abstract"><h2>Abstract</h2>
<section id="abstract-background"><h3>Background</h3><p>{PROSE}</p></section>
<section id="abstract-results"><h3>Results</h3>
<p>Nine studies with {text.value("total.n", "133")} patients were included. At 6 months the modified Rodnan
skin score fell by {skin} points (P {text.value("mrss.m6.p", "< 0.0001")}; I² =
{text.value("mrss.m6.i_squared", "0%")}); gas transfer {text.value("dlco.change", "did not change")}
({lungs}).</p></section></section>""".replace(
        " 6 months", f" {text.value('mrss.m6.timepoint', '6')} months"
    ).replace("I²", 'I<sup><span data-constant="I squared">2</span></sup>')


def methods(text: Text) -> str:
    paragraphs = "".join(f"<p>{PROSE * 2}</p>" for _ in range(2))
    return f"""<section id="methods"><h2>Methods</h2>
<section id="search"><h3>Search strategy</h3><p>{PROSE} {cite("wang2013", 1)}{cite("granel2015", 2)}</p>
<ul><li>adults with systemic sclerosis;</li><li>any source of cells: bone marrow, cord or fat;</li>
<li>any outcome measured before and after.</li></ul></section>
<section id="synthesis"><h3>Synthesis of <em>changes</em></h3>{paragraphs}
<section id="rule"><h4>Choice of model</h4><p>Fixed where heterogeneity was
{text.value("mrss.m6.heterogeneity", "low")}. {PROSE}</p></section></section></section>"""


def results(text: Text) -> str:
    paragraphs = [
        f"<p>{PROSE}The pool of this outcome is {text.interval('vas.m6.pooled', '7.09', '0.53', '13.65')}, "
        f"as {refer('fig-skin-score', 'Fig. 1')} shows. {PROSE}There was "
        f"{text.value('vas.m6.difference', LONG_PHRASE)}. {PROSE}</p>"
        for _ in range(4)
    ]
    return f"""<section id="results"><h2>Results</h2>
<section id="studies"><h3>Included studies</h3>{paragraphs[0]}{characteristics(text)}{paragraphs[1]}
{adverse_events(text)}</section>
<section id="skin"><h3>Skin involvement</h3>{paragraphs[2]}{figure("skin-score", "Fig. 1")}{paragraphs[3]}
{findings(text)}</section>
<section id="pain"><h3>Pain</h3>{figure("pain-scale", "Fig. 2")}<p>{PROSE}</p></section></section>"""


def figure(name: str, label: str) -> str:
    return f"""<figure id="fig-{name}" class="figure"><img data-figure="{name}"
alt="Forest plot of invented studies; all lie right of zero."/><figcaption>
<span class="label" data-ref="fig-{name}">{label}</span> <strong>Change from baseline.</strong> Squares have
an area in proportion to the weight; bars are <span data-constant="confidence level">95%</span> CI.
† reconstructed.
</figcaption></figure>"""


def characteristics(text: Text) -> str:
    """Twelve columns with spanning headers and heading rows: wider than a page is."""
    columns = ("n", "Women", "Age", "Disease", "Source", "Route", "Dose", "Months", "Lost", "Funding")
    numeric = ("n", "Women", "Age", "Dose", "Months", "Lost")
    named = [f'<th scope="col" class="{align(name in numeric)}">{name}</th>' for name in columns]
    head = f"""<tr><th scope="col" rowspan="2">Study</th><th scope="col" rowspan="2">Country</th>
<th scope="colgroup" colspan="4" class="align-center">Participants</th>
<th scope="colgroup" colspan="3" class="align-center">Treatment</th>
<th scope="colgroup" colspan="3" class="align-center">Follow-up</th></tr><tr>{"".join(named)}</tr>"""
    rows = []
    for source in ("Bone marrow", "Umbilical cord", "Adipose tissue"):
        rows.append(f'<tr class="group"><th scope="rowgroup" colspan="12">{source}</th></tr>')
        for name in ("Example", "Müller-Łoś", "Παπαδοπούλου"):
            key = f"studies.{name.lower()}-{source.split()[0].lower()}"
            patients = (("n", "14"), ("women", "12"), ("age", "54.2"))
            numbers = [text.value(f"{key}.{column}", number) for column, number in patients]
            rows.append(
                f'<tr><th scope="row">{name} {cite("wang2013", 1)}</th><td>Republic of Korea</td>'
                + "".join(f'<td class="align-decimal">{number}</td>' for number in numbers)
                + "<td>diffuse cutaneous systemic sclerosis with digital ulcers</td><td>autologous</td>"
                "<td>subcutaneous injection into the fingers</td>"
                f'<td class="align-decimal">{text.value(f"{key}.dose", "1 000 000")}</td>'
                f'<td class="align-decimal">{text.value(f"{key}.months", "12")}</td>'
                f'<td class="align-decimal">{text.value(f"{key}.lost", "0")}</td><td>not reported</td></tr>'
            )
    return table("characteristics", "landscape", "Table 1", "Characteristics of the studies.", head, rows)


def align(numeric: bool) -> str:
    return "align-decimal" if numeric else "align-left"


def adverse_events(text: Text) -> str:
    head = '<tr><th scope="col">Event</th><th scope="col" class="align-decimal">Patients</th></tr>'
    rows = [
        f'<tr><th scope="row">{event}</th>'
        f'<td class="align-decimal">{text.value(f"harms.{event}", n)}</td></tr>'
        for event, n in (("haematoma", "7"), ("pain", "5"), ("infection", "4"))
    ]
    return table("harms", "portrait", "Table 2", "Adverse events.", head, rows)


def findings(text: Text) -> str:
    head = '<tr><th scope="col">Outcome</th><th scope="col">Change</th><th scope="col">Certainty</th></tr>'
    rows = [
        f'<tr><th scope="row">{outcome}<sup data-ref="note-table-findings-a">a</sup></th><td>'
        f"{text.interval(f'{outcome}.all', '5.23', '4.18', '6.29')}</td><td>⊕⊕⊝⊝ "
        f"{text.value(f'{outcome}.certainty', 'very low')}</td></tr>"
        for outcome in ("skin", "pain", "hand")
    ]
    return table("findings", "landscape", "Table 3", "Summary of findings.", head, rows)


def table(name: str, format_: str, label: str, title: str, head: str, rows: list[str]) -> str:
    return f"""<figure id="table-{name}" class="table {format_}"><figcaption>
<span class="label" data-ref="table-{name}">{label}</span> <strong>{title}</strong> Order of publication.
</figcaption><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>
<div class="notes"><p><sup data-ref="note-table-{name}-a">a</sup> Downgraded for imprecision.</p></div>
</figure>"""


def abbreviations() -> str:
    terms = {
        "CI": "confidence interval",
        "DLCO": "diffusing capacity for carbon monoxide",
        "GRADE": "Grading of Recommendations, Assessment, Development and Evaluations",
        "mRSS": "modified Rodnan skin score",
        "VAS": "visual analogue scale",
    }
    items = "".join(f"<dt>{short}</dt><dd>{long}</dd>" for short, long in terms.items())
    return (
        f'<section id="abbreviations"><h2>Abbreviations</h2><dl class="abbreviations">{items}</dl></section>'
    )


def references() -> str:
    entries = "".join(
        f'<li id="ref-{name}" data-cite="{name}">{author}. Invented cells in an invented disease. '
        f'<em>J Invent Med</em>. {year};7:118–126. <a href="https://doi.org/10.1000/{name}">'
        f"https://doi.org/10.1000/{name}</a></li>"
        for name, author, year in (("wang2013", "Wang W, Li S", 2013), ("granel2015", "Granel B", 2015))
    )
    return f'<section id="references"><h2>References</h2><ol class="references">{entries}</ol></section>'


def forest(name: str, rows: int) -> Figure:
    """A picture like a forest plot, with marked numbers that stand nowhere else."""
    height = 30 + 16 * rows
    lines = []
    for row in range(rows):
        y, key = 30 + 16 * row, f"{name}.row{row}"
        lines.append(
            f'<text x="4" y="{y}">Müller-Łoś</text><text x="210" y="{y}" text-anchor="end">'
            f'<tspan data-value="{key}.n">{row + 8}</tspan></text>'
            f'<polyline points="250,{y - 3} {330 + 4 * row},{y - 3}" stroke="#1a1a1a" fill="none"/>'
            f'<rect data-value="{key}.weight" x="{280 + row}" y="{y - 7}" width="8" height="8"/>'
            f'<text x="500" y="{y}" text-anchor="end">'
            f'<tspan data-value="{key}.estimate">5.{row:02}</tspan></text>'
        )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 504 {height}" font-size="8" '
        'font-family="Arimo, Arial, sans-serif"><metadata>made in 2024</metadata>'
        '<text x="4" y="12" font-weight="bold">Study</text>'
        f"{''.join(lines)}</svg>"
    )
    return Figure(name, svg, "A forest plot", 177.8, 177.8 * height / 504)
