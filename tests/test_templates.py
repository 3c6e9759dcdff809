"""What the guard promises of templates: nothing but values brings a number in."""

from __future__ import annotations

from pathlib import Path

import pytest

from sscreport.cli import main
from tests.test_data import review_copy

MARK = "</h2>"
# What is typed into the template after its heading, and what the complaint must say.
OFFENCES = {
    "digit in text": ("<p>We found 9 studies.</p>", "A number is typed into the text: “"),
    "digit in an attribute": ('<p title="all 9">We found some.</p>', "A number is typed into the text"),
    "digit in an expression": ("<p>{{ 9 }} studies</p>", "A number is typed into an expression: 9"),
    "digit in a string": ('<p>{{ "9 studies" }}</p>', "A number is typed into an expression: '9 studies'"),
    "digit in a branch": (
        '<p>{{ "9" if studies else "none" }}</p>',
        "A number is typed into an expression: '9'",
    ),
    "computed number": (
        "<p>{{ studies|length }} studies</p>",
        "The template is not valid: No filter named 'length'.",
    ),
    "bare number": ("<p>{{ v.included.studies.content }} studies</p>", "9 has no identity"),
    "undefined name": ("<p>{{ nine }} studies</p>", "The name nine is not defined"),
    "unknown value": ("<p>{{ v.included.studys }}</p>", "There is no value included.studys. Did you mean"),
    "if without else": (
        "<p>{{ v.included.studies if not studies }}</p>",
        "An if without else prints nothing",
    ),
    "unknown reference": ('<p>{{ cite("park2021") }}</p>', "There is no reference park2021"),
    "undeclared constant": ('<p>{{ const("42") }}</p>', "'42' is not declared as a constant"),
    "method call": (
        '<p>{{ listing([v.included.studies]).replace("9", "12") }}</p>',
        "Methods cannot be called in a template: replace().",
    ),
    "typed identity": (
        '<p><span data-value="included.studies">many</span></p>',
        "data-value is typed by hand",
    ),
    "number in disguise": ("<p>a ½ of them</p>", "A number is typed into the text"),
    "unknown figure": (
        '{% call figure("nope") %}x{% endcall %}',
        "There is no figure nope in data/review.toml.",
    ),
    "figure placed twice": (
        '{% call figure("rcs") %}x{% endcall %}',
        "The figure rcs is placed a second time.",
    ),
    "unknown target": ('<p>{{ ref("fig-nope") }}</p>', "There is no figure or table fig-nope."),
    "broken syntax": ("<p>{{ v.included. }}</p>", "The template is not valid"),
}


@pytest.mark.parametrize("offence", OFFENCES)
def test_an_offence_stops_the_build_with_file_and_line(
    offence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The build stops, names template and line, and writes nothing."""
    typed, expected = OFFENCES[offence]
    copy = review_copy(tmp_path)
    path = copy / "templates/conclusion.html"
    source = path.read_text(encoding="utf-8").replace(MARK, f"{MARK}\n{typed}", 1)
    path.write_text(source, encoding="utf-8")
    line = source[: source.index(typed)].count("\n") + 1
    assert main(["--review", str(copy), "--quiet"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"templates/conclusion.html, line {line}: {expected}" in said
    assert not (copy / "output").exists()


def test_every_template_is_guarded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A digit typed into each template is found in each, all in one go."""
    copy = review_copy(tmp_path)
    paths = sorted((copy / "templates").glob("*.html"))
    for path in paths:
        path.write_text(path.read_text(encoding="utf-8") + "\n<p>7 of them</p>\n", encoding="utf-8")
    assert main(["--review", str(copy), "--quiet"]) == 2
    said = capsys.readouterr().err
    for path in paths:
        assert f"templates/{path.name}, line " in said
    assert f"{len(paths)} problems; nothing was written" in said


@pytest.mark.parametrize(
    ("template", "right", "wrong"),
    [
        ("conclusion.html", "uncontrolled studies", "uncontrolled <em>studies"),
        ("results.html", "has a comparison group.", "has a comparison group.</p>"),
        ("discussion.html", "None of this shows", "None of <strong>this</em> shows"),
    ],
)
def test_markup_that_is_not_closed_is_refused(
    template: str, right: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Markup that is not well-formed is named with file, line and passage instead of being swallowed."""
    copy = review_copy(tmp_path)
    path = copy / "templates" / template
    source = path.read_text(encoding="utf-8")
    assert right in source
    path.write_text(source.replace(right, wrong, 1), encoding="utf-8")
    line = source[: source.index(right)].count("\n") + 1
    assert main(["--review", str(copy), "--quiet"]) == 2
    assert (
        f"templates/{template}, line {line}: The markup is not well-formed near “" in capsys.readouterr().err
    )


def test_a_template_in_another_encoding_is_refused_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A template that is not UTF-8 is one complaint that says so."""
    copy = review_copy(tmp_path)
    path = copy / "templates/conclusion.html"
    path.write_bytes(path.read_bytes() + b"<p>caf\xe9</p>")
    assert main(["--review", str(copy), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "templates/conclusion.html: The template must be UTF-8 text" in said
    assert "1 problem; nothing was written" in said
