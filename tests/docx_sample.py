"""A small manuscript with every tag and class that the Word writer knows."""

from __future__ import annotations

from io import BytesIO, StringIO

from lxml import etree
from matplotlib import rc_context
from matplotlib.figure import Figure as Canvas

from sscreport.document import Manuscript
from sscreport.enclosure import Enclosure
from sscreport.records import Figure
from tests.fake_manuscript import fake_origins

FILLER = (
    "Mean change from baseline was pooled across open-label studies, and every estimate is given with "
    "its confidence interval. Heterogeneity between studies was judged by the size of its statistic. "
)


def value(key: str, use: int, text: str) -> str:
    return f'<span data-value="{key}" id="n-{key}-{use}">{text}</span>'


def caption(identity: str, label: str, text: str) -> str:
    return (
        f'<figcaption><span class="label" data-ref="{identity}">{label}</span> <strong>{text}</strong> '
        f"Diamonds are pooled estimates, {value(f'{identity}.k', 1, '5')}.</figcaption>"
    )


def picture(identity: str, number: int) -> str:
    return (
        f'<figure id="fig-{identity}" class="figure">'
        f'<img data-figure="{identity}" alt="Forest plot {identity}"/>'
        f"{caption(f'fig-{identity}', f'Fig. {number}', 'Change in skin score.')}</figure>"
    )


def wide_table(identity: str, number: int, rows: int) -> str:
    body = "".join(
        f'<tr><th scope="row">Study {n} et al.</th><td>Open-label, single-arm study of adults with diffuse '
        f'disease</td><td class="align-decimal">{value(f"{identity}.n", n, str(n))}</td>'
        f'<td class="align-decimal">5.2<sup data-ref="note-{identity}-a">a</sup></td>'
        f'<td class="align-decimal">0.31</td><td class="align-center">⊕⊕◯◯ low</td></tr>'
        for n in range(1, rows + 1)
    )
    return (
        f'<figure id="{identity}" class="table landscape">{caption(identity, f"Table {number}", "Findings.")}'
        '<table><thead><tr><th scope="col" rowspan="2">Study</th><th scope="col" rowspan="2">Design</th>'
        '<th scope="col" rowspan="2" class="align-decimal">Patients</th>'
        '<th scope="colgroup" colspan="2" class="align-center">Effect</th>'
        '<th scope="col" rowspan="2" class="align-center">Certainty</th></tr>'
        '<tr><th class="align-decimal">Mean</th><th class="align-decimal">SE</th></tr></thead>'
        f'<tbody><tr class="group"><td>Skin</td></tr>{body}'
        '<tr><th rowspan="2" scope="rowgroup">Two outcomes</th><td>first<br/>second line</td>'
        "<td>1</td><td>2</td><td>3</td><td>high</td></tr>"
        '<tr><td colspan="2">spans two</td><td>2</td><td>3</td><td>high</td></tr></tbody></table>'
        f'<div class="notes"><p><sup data-ref="note-{identity}-a">a</sup> High '
        f"heterogeneity, I² {value(f'{identity}.i2', 1, '94%')}.</p></div>"
        "</figure>"
    )


NARROW_TABLE = (
    '<figure id="table-scores" class="table portrait">'
    + caption("table-scores", "Table 1", "Scores.")
    + "<table>"
    '<thead><tr><th scope="col">Outcome</th><th scope="col" class="align-decimal">MD</th></tr></thead>'
    '<tbody><tr><th scope="row">Modified Rodnan skin score</th><td class="align-decimal">'
    + value("mrss.estimate", 2, "5.23")
    + "</td></tr><tr><td></td><td>not reported</td></tr></tbody></table></figure>"
)

TREE = f"""
<article>
 <!-- a remark the reader never sees -->
 <header>
  <h1>Stem cells in systemic sclerosis: a review</h1>
  <p class="authors">Ada Author<sup>1</sup>, Ben <em>Bold</em></p>
  <p class="meta">Registered</p>
  <aside class="notice"><p>Reconstructed rows carry a dagger.</p>
   <p>They prove arithmetic only.</p></aside>
 </header>
 <section id="abstract"><h2>Abstract</h2>
  <section id="abstract-results"><h3>Results</h3>
   <p>The   score fell by
    {value("mrss.estimate", 1, "5.23")} ({value("mrss.low", 1, "4.18")} to
    <em>{value("mrss.high", 1, "6.29")}</em>; I<sup>2</sup>&#8239;=&#8239;{value("mrss.i2", 1, "0%")}),
    see <a data-ref="fig-mrss" href="#fig-mrss">Fig. 1</a> and Tables
    <a data-ref="table-scores" href="#table-scores">1</a>–<a data-ref="table-safety"
    href="#table-safety">3</a> [<a data-cite="wang2013" href="#ref-wang2013">1</a>,
    <a data-cite="park2020" href="#ref-park2020">2</a>].</p>
   <p><strong>Bold <em>and italic <sup>up</sup></em></strong>, H<sub>2</sub>O, a
    <span data-constant="level of confidence">95%</span> interval,
    <a href="https://example.org/a?b=c&amp;d=e">a site</a>;
    {value("model", 1, "random <em>effects</em>")}.</p>
   <h4>Deeper</h4>
   <ul><li>one</li><li>two <ul><li>nested</li></ul></li></ul>
   <ol><li>first</li><li><p>second</p><p>continued</p></li></ol>
   <ol><li>again first</li></ol>
   <p>{FILLER * 6}</p>
  </section>
 </section>
 <section id="results"><h2>Results</h2><p>{FILLER * 8}</p>{picture("mrss", 1)}<p>{FILLER * 8}</p>
  {NARROW_TABLE}<p>See <a href="#abbreviations">abbreviations</a>. {FILLER * 6}</p>
  <p>{FILLER * 3}</p>{picture("ulcers", 2)}</section>
 <section id="tables"><h2>Tables</h2>
  {wide_table("table-findings", 2, 30)}{wide_table("table-safety", 3, 3)}</section>
 <section id="abbreviations"><h2>Abbreviations</h2>
  <dl class="abbreviations"><dt>mRSS</dt><dd>modified Rodnan skin score</dd>
  <dt>VAS</dt><dd>visual analogue scale, a line on which patients mark how much pain they feel, from
  none to the worst they can think of</dd></dl>
 </section>
 <section id="references"><h2>References</h2><ol class="references">
  <li id="ref-wang2013" data-cite="wang2013">Wang Q. A long title about stem cells and the skin, so that the
   entry runs over the line. <em>J Cells</em>. 2013;1:2. <a href="https://doi.org/10.1/x">doi</a></li>
  <li id="ref-park2020" data-cite="park2020">Park S. Title. <em>J Skin</em>. 2020;3:4.</li></ol></section>
</article>
"""


def figure(identity: str, keys: tuple[str, ...]) -> tuple[Figure, bytes]:
    """A small plot with its numbers marked as `draw` marks them."""
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": identity, "font.family": "serif"}):
        canvas = Canvas(figsize=(6, 2.6))
        axes = canvas.add_subplot()
        axes.errorbar([5.2, len(keys)], [0, 1], xerr=1, fmt="s")
        svg, png = StringIO(), BytesIO()
        canvas.savefig(svg, format="svg", metadata={"Date": None})
        canvas.savefig(png, format="png", dpi=300, metadata={"Software": None})
    marked = "".join(f'<g data-value="{key}"/>' for key in keys)
    text = svg.getvalue().replace("</svg>", f"{marked}</svg>")
    return Figure(identity, text, f"Forest plot {identity}", 152.4, 66.0), png.getvalue()


DRAWN = {
    "mrss": figure("mrss", ("mrss.estimate", "mrss.weight", "mrss.weight")),
    "ulcers": figure("ulcers", ("ulcers.estimate",)),
}


def manuscript(tree: str = TREE) -> Manuscript:
    element = etree.fromstring(tree)
    figures = {identity: drawn for identity, (drawn, _) in DRAWN.items()}
    return Manuscript(
        tree=element,
        title="Stem cells in systemic sclerosis: a review",
        subject="Systematic review",
        authors=("Ada Author", "Ben Bold"),
        keywords=("skin", "cells"),
        language="en-GB",
        figures=figures,
        pngs={identity: png for identity, (_, png) in DRAWN.items()},
        origins=fake_origins(element, figures),
        enclosure=Enclosure({"data/a.csv": "id,n\na,1\n"}, '{"mrss.estimate": "5.23 < 6 & more"}', "0", "0"),
        about={"date": "2026-01-31"},
    )


def article(content: str) -> str:
    return f"<article><section><h2>Results</h2>{content}</section></article>"
