"""A false sentence in a template stops the build, with its template and line; a true one does not."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from sscreport.problems import InputError
from sscreport.vocabulary import claim_words, contradiction
from tests.claims_bench import Bench, without_what_never_changes

P = "v.rcs.m6.p.content < v.review.policy.significance.content"

# Kind of falsehood: template, what stands there, what is put in its place ("{}" is what stands there),
# and what the complaint must say besides template and line. The data say otherwise in every case.
HEAD = {
    "abstract": "<h2>Abstract</h2>\n",
    "background": "<h2>Background</h2>\n",
    "methods": "<h2>Methods</h2>\n",
    "results": "<h2>Results</h2>\n",
    "discussion": "<h2>Discussion</h2>\n",
    "conclusion": "<h2>Conclusion</h2>\n",
}
CAPTION = "<strong>Change in Raynaud’s condition score (RCS) at"
FALSE: list[tuple[str, str, str, str, str]] = []


def false(kind: str, template: str, sentence: str, said: str, at: str = "", whole: bool = False) -> None:
    """Put ``sentence`` after ``at`` (by default the heading), or in its place where ``whole``."""
    anchor = at or HEAD[template]
    put = sentence if whole else anchor + (sentence if at else f"<p>{sentence}</p>\n")
    FALSE.append((kind, template, anchor, put, said))


for kind, template, sentence, word in (
    ("direction", "abstract", "Raynaud’s condition score fell after treatment.", "fell"),
    ("direction", "results", "Hand function improved.", "improved"),
    ("direction", "discussion", "Skin scores had risen at follow-up.", "risen"),
    ("direction", "conclusion", "Raynaud’s phenomenon was reduced.", "reduced"),
    ("direction", "background", "MSCs decrease the count of lesions in SSc.", "decrease"),
    ("direction", "results", "The mRSS did not change.", "not change"),
    ("direction", "results", '<span title="The RCS declined">The RCS was measured.</span>', "declined"),
    ("direction", "results", "Pain\n  was\n  unchanged.", "unchanged"),
    ("significance", "results", "The change in the RCS was significant.", "significant"),
    ("significance", "abstract", "The fingers show a\nsignificantly better circulation.", "significantly"),
    ("significance", "discussion", "Sources of cells differ.", "differ"),
    ("significance", "results", "There was no difference in skin thickness.", "no difference"),
    ("significance", "conclusion", "UC-MSCs and SVF are equivalent.", "equivalent"),
    ("significance", "results", '{{ "a significant change" if studies else "a change" }}', "significant"),
    ("significance", "results", f"{{% if {P} %}}It changed significantly.{{% endif %}}", "significantly"),
    ("size", "results", "The largest change was that of the RCS.", "largest"),
    ("size", "abstract", "Most patients responded.", "Most"),
    ("size", "discussion", "A majority of ulcers closed.", "majority"),
    ("size", "results", "Hand pain was halved.", "halved"),
    ("size", "conclusion", "The response was dramatic.", "dramatic"),
    ("homogeneity", "results", "The studies of hand function were homogeneous.", "homogeneous"),
    ("homogeneity", "discussion", "Results for the RCS were consistent.", "consistent"),
    ("homogeneity", "results", "Heterogeneity of the RCS was low.", "low"),
    ("homogeneity", "abstract", "There was little heterogeneity for pain.", "little"),
    ("homogeneity", "results", "The studies agree about the RCS.", "agree"),
    ("certainty", "abstract", "The evidence on ulcers is of high certainty.", "high"),
    ("certainty", "conclusion", "The certainty for pain is moderate.", "moderate"),
    ("certainty", "discussion", "Healing of ulcers is proven.", "proven"),
    ("certainty", "results", "For the RCS there is high-certainty evidence.", "high"),
    ("certainty", "conclusion", "MSCs are an established treatment.", "established"),
    ("robustness", "results", "Leave-one-out showed a robust result for pain.", "robust"),
    ("robustness", "discussion", "The odds ratio is stable.", "stable"),
    ("safety", "conclusion", "MSCs are safe.", "safe"),
    ("safety", "abstract", "Treatment was well tolerated.", "well tolerated"),
    ("safety", "results", "A serious event occurred in the study of Park et al.", "serious"),
    ("efficacy", "conclusion", "MSCs are effective in SSc.", "effective"),
    ("counts", "results", "Twelve studies measured the mRSS.", "Twelve"),
    ("counts", "abstract", "The RCS was measured in five studies.", "five"),
    ("counts", "results", "Twice as many patients were women as men.", "Twice"),
    ("counts", "discussion", "A quarter of patients had an adverse event.", "A quarter of"),
    ("counts", "results", "All studies were done in China.", "All"),
    ("counts", "discussion", "None of the patients reported an adverse event.", "None"),
    ("counts", "conclusion", "Every ulcer closed.", "Every"),
    ("counts", "results", "Only women were treated.", "Only"),
    ("counts", "methods", "Both trials were randomised.", "Both"),
    ("counts", "results", "{% set found = 'eleven studies' %}{{ found }} were read.", "eleven"),
    ("direction", "discussion", "{% set told %}The RCS fell.{% endset %}{{ told }}", "fell"),
):  # fmt: skip
    false(kind, template, sentence, f"The word “{word}” claims")

for kind, sentence, word in (
    ("direction", " The score decreased in each study.", "decreased"),
    ("significance", " The difference is statistically significant.", "significant"),
    ("homogeneity", " Heterogeneity was moderate.", "moderate"),
    ("counts", " Three studies are shown.", "Three"),
):
    call = '{% call figure("rcs") %}\n'
    false(kind, "results", f"{sentence}\n", f"The word “{word}” claims", at=call)

false("direction", "macros", " (they improved)", "The word “improved” claims", at="{% macro evidence(g) -%}")
false(
    "significance", "macros", "significant ", "The word “significant”", at="{% macro difference_plot(a) -%}"
)

TYPED = (
    ("direction", "abstract",
     'says(skin.change, improved="had fallen"', 'says(skin.change, improved="had risen"',
     "“had risen” says “risen” of a result that is “improved” (mrss.by_time.m6.change"),
    ("direction", "macros", 'worsened="rose", unclear="did not change detectably"',
     'worsened="rose", unclear="fell"', "“fell” says of a result that is “unclear” that it is settled"),
    ("direction", "abstract", 'among(changes, improved="Patients treated with MSCs showed improvement',
     'among(changes, improved="Patients treated with MSCs showed deterioration',
     "says “deterioration” of a result that is “improved”"),
    ("direction", "conclusion", 'among(changes, unclear="Change in … remains unproven. ")',
     'among(changes, unclear="Benefit in … was seen. ")', "a result that is “unclear” that it is settled"),
)  # fmt: skip
for kind, template, right, wrong, said in TYPED:
    false(kind, template, wrong, said, at=right, whole=True)

CALLS = (
    ("direction", 'says(v.rcs.m6.change, improved="fell", worsened="rose")',
     "rcs.m6.change is “unclear”, and says(…) has no words for that"),
    ("direction", 'says(v.rcs.m6.change, improved="fell", uncertain="did not change")',
     "rcs.m6.change is never “uncertain”"),
    ("direction", 'says("unclear", unclear="did not change")', "says(…) takes values, not 'unclear'"),
    ("direction", 'claim(v.included.studies.content > 1, "pain had fallen")',
     "no value that could carry it: included.studies is 9"),
    ("direction", 'claim(v.mrss.by_time.m6.change.content == "improved", "skin scores rose")',
     "says “rose” of a result that is “improved” (mrss.by_time.m6.change)"),
    ("significance", 'says(v.rcs.m6.significance, significant="significant", not_significant="significant")',
     "says “significant” of a result that is “not significant”"),
    ("significance", f'claim({P}, "the RCS changed significantly")',
     "its condition does not hold: rcs.m6.p is 0.50, review.policy.significance is 0.05"),
    ("significance", f'claim(not ({P}) and v.rcs.m6.significance.content, "it was significant")',
     "says “significant” of a result that is “not significant”"),
    ("homogeneity", 'says(v.rcs.m6.heterogeneity, high="low heterogeneity", low="low heterogeneity")',
     "says “low” of a result that is “high”"),
    ("homogeneity", 'claim(v.vas.m6.i_squared.content < v.vas.m6.q_p.content, "it was homogeneous")',
     "its condition does not hold: vas.m6.i_squared is"),
    ("certainty", 'says(v.grade.du.certainty, very_low="moderate certainty")',
     "says “moderate” of a result that is “very low”"),
    ("size", 'claim(v.rcs.m6.studies.content > v.vas.m6.studies.content, "the RCS has most studies")',
     "its condition does not hold: rcs.m6.studies is 2, vas.m6.studies is 3"),
    ("size", 'claim(true, "most patients responded")', "The condition of claim(…) reads no value"),
    ("counts", 'claim(studies, "all studies were small")', "The condition of claim(…) reads no value"),
    ("counts", "tally(serious=v.safety.severity.mild)", "tally(…) says “serious” of safety.severity.mild"),
    ("counts", 'claim(v.rcs.m6.studies.content == 2, "both studies were long. All were blind")',
     "is more than one sentence"),
)  # fmt: skip
for kind, call, said in CALLS:
    false(kind, "results", f"It {{{{ {call} }}}}.", said)

for template, sentence, said in (
    ("results", 'As Wang et al. report {{ cite("zhang2017") }}, skin is thick.', "names Wang et al."),
    ("results", 'Scuderi et al. inject the face {{ cite("virzi2017") }}.', "virzi2017 is by Virzì"),
    ("discussion", '{{ v.studies.park.label }} et al. say so {{ cite("granel2015") }}.', "names Park et al."),
    ("background", 'Denton et al. describe it {{ cite("kowalbielecka2017") }}.', "names Denton et al."),
):  # fmt: skip
    false("citation", template, sentence, said)
false(
    "citation", "results", 'of Wang et al. {{ cite("keyszer2011") }} carry', "keyszer2011 is by Keyszer",
    at='of Wang et al. {{ cite("wang2013") }} carry', whole=True,
)  # fmt: skip

TRUE = (
    "Hand pain {{ says(v.vas.m6.change, improved='fell', worsened='rose', unclear='did not change') }}.",
    "RCS {{ says(v.rcs.m6.change, improved='fell', worsened='rose', unclear='did not clearly change') }}.",
    "Healing was {{ says(v.du.m6.change, improved='more usual', worsened='less usual', unclear='open') }}.",
    "The pooled change of the RCS was {{ v.rcs.m6.significance }}.",
    "For pain there was {{ v.vas.m6.heterogeneity }} heterogeneity.",
    "The certainty for ulcers is {{ v.grade.du.certainty }}.",
    "{{ v.rcs.m6.studies|Words }} studies recorded the RCS.",
    "{{ claim(v.rcs.m6.studies.content == 2, 'Both studies of the RCS used SVF') }}.",
    "{{ claim(v.included.female.content > v.included.male.content, 'Most patients were women') }}.",
    "{{ claim(v.vas.m6.ci_low.content > 0, 'Even the lower limit for pain is an improvement') }}.",
    f"{{{{ claim({P}, 'The RCS changed significantly', 'The RCS did not change significantly') }}}}.",
    "{% call claim(v.safety.severity.serious.content == 0) %}None, of {{ v.safety.events }}{% endcall %}",
    "Severity: {{ tally(mild=v.safety.severity.mild, serious=v.safety.severity.serious) }}.",
    "{{ among([(v.vas.m6.change, 'pain'), (v.rcs.m6.change, 'RCS')], improved='Scores for … improved') }}.",
    "{{ among([(v.vas.m6.change, 'pain'), (v.rcs.m6.change, 'RCS')], worsened='… got worse') }}",
    "In no more than {{ v.rcs.m6.patients }} patients was the RCS recorded, one after another.",
    "Wang et al. infused them {{ cite('wang2013') }}, and Zhang et al. did so too {{ cite('zhang2017') }}.",
    "{{ v.studies.park.label }} et al. injected the fingers {{ cite('park2020') }}.",
    "Scuderi et al. worked in Italy. Cells were expanded before they were given {{ cite('virzi2017') }}.",
    "Heterogeneity was looked at for the RCS, and the time of measurement was noted.",
)  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.at(tmp_path_factory.mktemp("claims"))


def injected(bench: Bench, template: str, anchor: str, put: str) -> tuple[str, int]:
    """The template's source with the injection, and the line where that begins to differ."""
    source = (bench.root / "templates" / f"{template}.html").read_text(encoding="utf-8")
    assert source.count(anchor) == 1, (template, anchor)
    changed = source.replace(anchor, put)
    same = next(n for n, (a, b) in enumerate(zip(source, changed, strict=False)) if a != b)
    return changed, changed.count("\n", 0, same) + 1


@pytest.mark.parametrize(("kind", "template", "anchor", "put", "said"), FALSE)
def test_a_false_sentence_stops_the_build(
    kind: str, template: str, anchor: str, put: str, said: str, bench: Bench
) -> None:
    """The complaint names template and line, the word, and the value where there is one."""
    changed, line = injected(bench, template, anchor, put)
    with pytest.raises(InputError) as stopped:
        bench.with_template(f"{template}.html", changed)
    complaints = [" ".join(str(problem).split()) for problem in stopped.value.problems]
    lines = range(line, line + put.count("\n") + 1)
    assert any(
        said in complaint
        and any(complaint.startswith(f"templates/{template}.html, line {n}:") for n in lines)
        for complaint in complaints
    ), complaints


def test_the_false_sentences_are_sixty_or_more_of_every_kind() -> None:
    """Direction, significance, size, homogeneity, counts, citation, certainty: four at least of each."""
    kinds = Counter(kind for kind, *_ in FALSE)
    assert sum(kinds.values()) >= 60
    for kind in ("direction", "significance", "size", "homogeneity", "counts", "citation", "certainty"):
        assert kinds[kind] >= 4, kinds


def test_true_sentences_pass(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty sentences that the data bear out stand in the finished text, those typed with their keys."""
    without_what_never_changes(monkeypatch)
    put = HEAD["results"] + "".join(
        f'<p id="true-{n}">{text}</p>\n' for n, text in zip("abcdefghijklmnopqrst", TRUE, strict=True)
    )
    changed, _ = injected(bench, "results", HEAD["results"], put)
    tree = bench.with_template("results.html", changed)
    said = [
        " ".join("".join(p.itertext()).split())
        for p in tree.iterfind(".//p[@id]")
        if p.get("id", "").startswith("true-")
    ]
    assert len(said) == 20
    assert said[0] == "Hand pain fell." and said[1] == "RCS did not clearly change."
    assert (
        said[7] == "Both studies of the RCS used SVF." and said[10] == "The RCS did not change significantly."
    )
    assert said[11] == "None, of 16" and said[12] == "Severity: mild 15, serious 0."
    assert said[13] == "Scores for pain improved." and said[14] == ""
    assert tree.find(".//p[@id='true-a']/span").get("data-claim") == "vas.m6.change"


def test_a_statement_covers_the_recorded_sentence_only(bench: Bench) -> None:
    """A recorded passage that was changed, doubled or dropped stops the build, and so does one too short."""
    source = (bench.root / "templates/conclusion.html").read_text(encoding="utf-8")
    passage = (
        "Whether the cells brought about these changes is a question that only controlled trials can answer"
    )
    for changed, said in (
        (source.replace("only controlled trials", "only these trials"), "The word “only” claims a quantity"),
        (source + f"<p>{passage}.</p>", "This passage stands 2 times in templates/conclusion.html"),
        (
            source.replace(passage, "Trials are needed"),
            "This passage does not stand in templates/conclusion.html",
        ),
    ):
        with pytest.raises(InputError, match=re.escape(said)):
            bench.with_template("conclusion.html", changed)
    path = bench.root / "data/stated.toml"
    recorded = path.read_text(encoding="utf-8")
    try:
        for entry, said in (
            ('template = "methods"\nwhy = "x"\ntext = ["no one"]', "A statement needs at least 3 words"),
            ('template = "methods"\ntext = ["x"]', "Each [[stated]] needs template and why"),
            ('template = "methodes"\nwhy = "x"\ntext = ["in all of them"]', "Did you mean methods.html?"),
        ):
            path.write_text(f"{recorded}\n[[stated]]\n{entry}\n", encoding="utf-8")
            with pytest.raises(InputError, match=re.escape(said)):
                bench.with_template("conclusion.html", source)
    finally:
        path.write_text(recorded, encoding="utf-8")


@pytest.mark.parametrize(
    ("better", "state", "fits", "fits_not"),
    [
        ("lower", "improved", "had fallen", "had risen"),
        ("lower", "improved", "was less than before", "did not fall"),
        ("lower", "worsened", "increased", "improved"),
        ("higher", "improved", "was higher", "was lower"),
        ("higher", "worsened", "declined", "rose"),
        ("lower", "unclear", "was not clearly lower", "was lower"),
    ],
)
def test_words_of_direction_follow_which_way_is_better(
    better: str, state: str, fits: str, fits_not: str
) -> None:
    """A lower score is an improvement of some outcomes and a worsening of others."""
    assert contradiction("change", state, better, fits) is None
    assert contradiction("change", state, better, fits_not)


def test_idioms_claim_nothing() -> None:
    """ "No more than", "one another" and "two-sided" hold claim words and claim nothing; "no more" does."""
    assert [*claim_words("no more than, with one another, two-sided")] == []
    assert [word.word for word in claim_words("No more fell than two")] == ["No", "more", "fell", "two"]


def test_typed_passages_keep_their_keys_in_the_finished_page(built: object) -> None:
    """In the HTML a claim carries the keys of its values, and values.json names the template's line."""
    import json

    from lxml import html

    page = html.parse(str(Path(built.output) / "manuscript.html"), html.HTMLParser(encoding="utf-8"))
    values = json.loads((Path(built.output) / "values.json").read_text(encoding="utf-8"))["values"]
    claims = page.xpath("//main//span[@data-claim]")
    assert len(claims) > 50
    for claim in claims:
        for key in claim.get("data-claim").split():
            assert values[key].get("consulted") or values[key]["used"], key
    fallen = next(claim for claim in claims if claim.text == "had fallen")
    assert fallen.get("data-claim") == "mrss.by_time.m6.change"
    assert values["mrss.by_time.m6.change"]["consulted"][0].startswith("templates/abstract.html:")
