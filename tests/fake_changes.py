"""Invented changes between two editions, with everything that a form may meet."""

from __future__ import annotations

from dataclasses import replace

from fake_manuscript import PROSE, fake_manuscript, forest
from lxml import etree

from sscreport.changes import Cause, Change, Changes, Commit, Side, Weight
from sscreport.document import Manuscript
from sscreport.redline import Redline, Revision

COMMIT = Commit("0123456789abcdef", "Ada | <Example>", "2026-01-02", "Park: `md` corrected, see @editor & co")
CELL = Cause("cell", "data/mean_differences.csv:rcs-6m-park:md", "5.1", "4.1", (COMMIT,))
WORDING = Cause("template", "templates/results.html:12", None, None, uncommitted=True)
COLUMN = Cause("setting", "data/review.toml:tables.harms:columns", "n", "n, share", (COMMIT,))
IDLE = Cause("cell", "data/studies.csv:park:note", None, "checked", (COMMIT,))
SIDE = {"name": "v1.0", "commit": COMMIT, "code": "1.0"}

TREE = f"""<article><header><h1>An invented treatment</h1><p>Ada Example</p></header>
<section id="methods"><h2>Methods</h2><p>{PROSE}</p><p>{PROSE}</p>
<section id="search"><h3>Search</h3><p>{PROSE}</p></section></section>
<section id="results"><h2>Results</h2><p>{PROSE}</p>
<section id="skin"><h3><del data-revision="1">Skin</del><ins data-revision="1">Skin score</ins></h3>
<p>The score fell by <del data-revision="2"><span data-was="skin.estimate">5.10</span></del><ins
data-revision="2"><span data-value="skin.estimate" id="n-skin.estimate-1">4.10</span></ins> points, which
<del data-revision="3">is</del><ins data-revision="3">may be</ins> important<del data-revision="4"> to all
patients</del>, as <a data-ref="fig-skin-score" href="#fig-skin-score">Fig. 1</a> shows. {PROSE}</p>
<p data-change="ins" data-revision="5">A paragraph that is <em>new</em>. {PROSE}</p>
<figure id="fig-skin-score" class="figure"><img data-figure="skin-score" alt="Old plot" data-change="del"
data-revision="6" data-edition="old"/><img data-figure="skin-score" alt="New plot" data-change="ins"
data-revision="6"/><figcaption><span class="label" data-ref="fig-skin-score">Fig. 1</span>
<strong>Change from baseline.</strong> Twelve studies.</figcaption></figure>
<figure id="table-harms" class="table portrait"><figcaption><span class="label">Table 1</span>
<strong>Adverse events.</strong></figcaption><table><thead><tr><th scope="col">Event</th><th scope="col"
class="align-decimal">Patients</th><th scope="col" data-change="ins" data-revision="7">Share</th></tr></thead>
<tbody>{{rows}}<tr data-change="del" data-revision="9"><th scope="row">fever</th><td
class="align-decimal"><span data-was="harms.fever">1</span></td></tr></tbody></table>
<div class="notes"><p><sup>a</sup> Counted once.</p><p data-change="del" data-revision="10"><sup>b</sup> Or
twice.</p></div></figure></section>
<section id="pain" data-change="del" data-revision="11"><h3>Pain</h3><p>Pain fell.</p><ul><li>much</li>
<li>little</li></ul></section>
<figure id="table-still" class="table"><figcaption><span class="label">Table 2</span> <strong>Still.</strong>
</figcaption><table><tbody>{{still}}</tbody></table></figure>
<figure id="fig-pain-scale" class="figure"><img data-figure="pain-scale" alt="Same plot"/><figcaption><span
class="label">Fig. 2</span> <strong>The same.</strong></figcaption></figure></section>
<section id="abbreviations"><h2>Abbreviations</h2><dl class="abbreviations"><dt>CI</dt><dd>confidence
interval</dd><dt data-change="ins" data-revision="12">VAS</dt><dd data-change="ins" data-revision="12">visual
analogue scale</dd></dl></section>
<section id="references"><h2>References</h2><ol class="references"><li id="ref-a" data-cite="a">Wang W.
2013.</li><li data-change="del" data-revision="13">Granel B. 2015.</li><li id="ref-b" data-cite="b">Park Y.
2020.</li></ol></section></article>"""
EVENTS = ("haematoma", "pain", "infection", "swelling", "itch", "rash", "bleeding", "nausea")
REVISIONS = {
    1: ("skin", "Skin", "Skin score"),
    2: ("skin", "5.10", "4.10"),
    3: ("skin", "is", "may be"),
    4: ("skin", " to all patients", ""),
    5: ("skin", "", f"A paragraph that is new. {PROSE}"),
    6: ("fig-skin-score", "", ""),
    7: ("table-harms", "", "Share"),
    8: ("table-harms", "7", "9"),
    9: ("table-harms", "fever 1", ""),
    10: ("table-harms", "b Or twice.", ""),
    11: ("pain", "Pain Pain fell.", ""),
    12: ("abbreviations", "", "VAS visual analogue scale"),
    13: ("references", "Granel B. 2015.", ""),
}
CAUSES = {2: (0,), 6: (0,), 8: (0,), 7: (2,)}  # of the revisions; the others are reworded


def fake_changes() -> Changes:
    """Two conclusions, an effect, visible changes by two causes, hidden ones, a cause without effect."""
    tree = etree.fromstring(TREE.format(rows="".join(map(_event, EVENTS)), still=_still()))
    return Changes(
        old=Side(**SIDE),
        new=Side("working tree", None, "1.0"),
        changes=_changes(),
        causes=(CELL, WORDING, COLUMN, IDLE),
        redline=Redline(tree, tuple(Revision(n, *texts, (), 0) for n, texts in REVISIONS.items()), ()),
        revision_causes={number: CAUSES.get(number, (1,)) for number in REVISIONS},
        figures={"skin-score": (_old_plot(), forest("skin-score", 12).svg)},
        place_names={"skin": "Skin score", "fig-skin-score": "Fig. 1", "table-harms": "Table 1"},
        notes=("The old edition was built from a tag.",),
    )


def fake_editions() -> tuple[Manuscript, Manuscript]:
    """Manuscripts with the figures that the merged tree names."""
    new, _ = fake_manuscript()
    return replace(new, figures={**new.figures, "skin-score": forest("skin-score", 11)}), new


def _changes() -> tuple[Change, ...]:
    heavy = {"causes": (0,), "revisions": (2,), "key": "skin.estimate"}
    return (
        Change("value", "Skin score", "skin score, direction", before="improved", after="no difference",
               weight=Weight.CONCLUSION, reason="the interval includes no difference now", **heavy),
        Change("value", "Table 1", "skin score, certainty", before="moderate", after="low",
               weight=Weight.CONCLUSION, reason="the certainty is another one", **heavy),
        Change("value", "Skin score", "skin score, mean difference", before="5.10", after="4.10",
               weight=Weight.EFFECT, reason="moved by 20%", difference=-1.0, **heavy),
        Change("figure", "Fig. 1", "", "skin-score", None, None, Weight.VISIBLE, (0,), revisions=(6,)),
        Change("cell", "Table 1", "haematoma, Patients", "harms.haematoma", "7", "9", Weight.VISIBLE, (0,),
               difference=2.0, revisions=(8,)),
        Change("sentence", "Skin score", "sentence", "", f"{PROSE}It fell a lot. {PROSE}",
               f"{PROSE}It fell a little. {PROSE}", Weight.VISIBLE, (1,), revisions=(3, 4)),
        Change("sentence", "Skin score", "sentence", "", None, "A | new <b>one</b>, `really` @all.",
               Weight.VISIBLE, (1,), revisions=(5,)),
        Change("cell", "Table 1", "column Share", "", None, "1%", Weight.VISIBLE, (0, 2), revisions=(7,)),
        *(
            Change("value", "Methods", f"hidden value {n}", f"hidden.v{n}", "1.23", "1.23", Weight.HIDDEN,
                   (0,), difference=1e-7)
            for n in range(30)
        ),
    )  # fmt: skip


def _old_plot() -> str:
    return (
        forest("skin-score", 11)
        .svg.replace(
            "<metadata>made in 2024</metadata>",
            '<defs><clipPath id="c"><rect width="400"/></clipPath></defs>',
        )
        .replace("<rect data", '<rect clip-path="url(#c)" data')
    )


def _event(event: str) -> str:
    number = "<span data-value='x'>5</span>"
    if event == "haematoma":
        number = '<del data-revision="8">7</del><ins data-revision="8">9</ins>'
    share = ""
    if event in ("haematoma", "pain"):
        share = '<td data-change="ins" data-revision="7">1%</td>'
    return f'<tr><th scope="row">{event}</th><td class="align-decimal">{number}</td>{share}</tr>'


def _still() -> str:
    return "".join(f'<tr><th scope="row">{event}</th><td>5</td></tr>' for event in EVENTS)
