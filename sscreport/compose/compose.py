"""The verb: sections, figures and tables become one numbered and audited document tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lxml import etree
from markupsafe import Markup

from sscreport.compose import numbering
from sscreport.compose.audit import audit
from sscreport.compose.citations import miscited
from sscreport.compose.figure_data import folded
from sscreport.compose.orientation import is_landscape
from sscreport.compose.source_map import SourceMap
from sscreport.compose.tables import abbreviations, table_markup
from sscreport.compose.templates import Guard
from sscreport.document import Composition
from sscreport.folder import SETTINGS, TEMPLATES
from sscreport.problems import InputError, Problem, did_you_mean
from sscreport.records import Figure, Review, Table


def compose(
    review: Review,
    figures: Mapping[str, Figure],
    tables: Mapping[str, Table],
    noted: list[Problem] | None = None,
    source_map: SourceMap | None = None,
) -> Composition:
    """The manuscript's tree: ``<article>`` with header, sections, references and supplement.

    Raises `InputError` with every problem of every template, `BuildError` where the finished tree
    breaks a promise. With ``noted``, what the templates may not say is noted there and left out. With
    ``source_map`` the text holds the signs of that map, and is not for print.
    """
    loader = source_map.loader(review.root) if source_map else None
    targets = [*(f"fig-{name}" for name in figures), *(f"table-{name}" for name in tables)]
    guard = Guard(review, targets, loader=loader)
    placed = _Placer(figures, tables, guard)
    guard.offer({"figure": placed.figure, "table": placed.table})
    guard.check_sources()
    wanted = review.settings["manuscript"]
    names, further = ["header", *wanted["sections"]], wanted.get("supplement", [])
    rendered = {name: guard.render(name) for name in (*names, *further)}
    problems = [*guard.problems, *placed.problems()]
    if noted is not None:
        noted.extend(problems)
        problems = []
    folder = review.root / TEMPLATES
    parts = (
        {}
        if problems
        else {name: _parse(name, markup, problems, folder) for name, markup in rendered.items()}
    )
    if source_map is None:  # its signs would stand between a name and its citation
        problems += [
            problem for part in parts.values() if part is not None for problem in miscited(part, review)
        ]
    if problems:
        raise InputError(problems)
    article = etree.Element("article")
    article.extend(parts[name] for name in names)
    supplement = _supplement([parts[name] for name in further])
    article.extend(supplement)
    labels = _number(article, review)
    data = {
        name: folded(name, figure.data, labels[f"fig-{name}"])
        for name, figure in figures.items()
        if figure.data is not None
    }
    for element in (article, *data.values()):
        audit(element, review.book)
    consulted = {key: tuple(lines) for key, lines in guard.consulted.items()}
    return Composition(article, consulted, data)


def _supplement(parts: Sequence[etree._Element]) -> list[etree._Element]:
    """The section of the supplement's parts; none where there are no parts."""
    if not parts:
        return []
    section = etree.Element("section", id=numbering.SUPPLEMENT)
    etree.SubElement(section, "h2").text = "Supplement"
    section.extend(parts)
    return [section]


def _number(article: etree._Element, review: Review) -> dict[str, str]:
    """Number everything; returns the labels of figures and tables by their ids."""
    labels = numbering.number_floats(article)
    numbering.fill_references(article, labels)
    references = numbering.fill_citations(article, review.references)
    if references is not None:
        supplement = article.find(f"section[@id='{numbering.SUPPLEMENT}']")
        place = len(article) if supplement is None else article.index(supplement)
        article.insert(place, references)
    numbering.number_uses(article)
    numbering.number_constants(article)
    return labels


def _parse(name: str, markup: str, problems: list[Problem], folder: Path) -> etree._Element | None:
    tag, attributes = ("header", "") if name == "header" else ("section", f' id="{name}"')
    try:
        return etree.fromstring(f"<{tag}{attributes}>{markup}</{tag}>")
    except etree.XMLSyntaxError as error:
        lines = markup.splitlines() or [""]
        near = _words(lines[min(error.position[0], len(lines)) - 1])
        what = error.msg.split(", line")[0]
        expected = f"The markup is not well-formed near “{near[:80]}”: {what}."
        line = _line_with(near, (folder / f"{name}.html").read_text(encoding="utf-8"))
        problems.append(Problem(f"{TEMPLATES}/{name}.html", expected, line))
        return None


def _words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def _line_with(passage: str, source: str) -> int | None:
    """The line of a template that has the most of a rendered passage's words; None if it has few."""
    wanted = set(passage.split())
    shared = [len(wanted & set(_words(line).split())) for line in source.splitlines()]
    best = max(shared, default=0)
    return shared.index(best) + 1 if best > len(wanted) / 2 else None


class _Placer:
    """Sets figures and tables where templates call for them."""

    def __init__(self, figures: Mapping[str, Figure], tables: Mapping[str, Table], guard: Guard):
        self.figures, self.tables, self.guard = figures, tables, guard
        self.used: list[str] = []

    def figure(self, name: str, caller: Callable[[], str]) -> Markup:
        if not self._may_place("figure", f"fig-{name}", name, self.figures):
            return Markup("")
        image = Markup('<img data-figure="{}" alt="{}"/>').format(name, self.figures[name].alt)
        caption = Markup("<figcaption>{}</figcaption>").format(caller())
        return Markup('<figure id="fig-{}" class="figure">{}{}</figure>').format(name, image, caption)

    def table(self, name: str, caller: Callable[[], str]) -> Markup:
        if not self._may_place("table", f"table-{name}", name, self.tables):
            return Markup("")
        caption, own_notes = _split_notes(caller())
        table = self.tables[name]
        element, notes = table_markup(table)
        around = [_words(markup) for markup in (caption, notes, own_notes)]
        glossary = self.guard.review.tables.get("abbreviations", ())
        explained = abbreviations(table, around, glossary)
        below = Markup('<div class="notes">{}{}{}</div>').format(explained, notes, own_notes)
        head = Markup("<figcaption>{}</figcaption>").format(caption)
        figure = Markup('<figure id="table-{}" class="table {}">{}{}{}</figure>')
        orientation = "landscape" if is_landscape(table) else "portrait"
        return figure.format(name, orientation, head, element, below)

    def _may_place(self, kind: str, target: str, name: str, known: Mapping[str, object]) -> bool:
        if name not in known:
            hint = did_you_mean(name, known, listed=True)
            self.guard.refuse(f"There is no {kind} {name} in {SETTINGS}.{hint}")
            return False
        if target in self.used:
            self.guard.refuse(f"The {kind} {name} is placed a second time.")
            return False
        self.used.append(target)
        return True

    def problems(self) -> list[Problem]:
        """A figure or table that review.toml asks for and no template places."""
        wanted = [f"fig-{name}" for name in self.figures] + [f"table-{name}" for name in self.tables]
        return [
            Problem(TEMPLATES, f"No template places {target}, which {SETTINGS} asks for.")
            for target in wanted
            if target not in self.used
        ]


def _split_notes(caption: str) -> tuple[Markup, Markup]:
    """A caption's ``<p class="note">`` paragraphs belong below the table."""
    pattern = re.compile(r'<p class="note">.*?</p>', re.DOTALL)
    notes = Markup("").join(Markup(note.replace(' class="note"', "")) for note in pattern.findall(caption))
    return Markup(pattern.sub("", caption).strip()), notes
