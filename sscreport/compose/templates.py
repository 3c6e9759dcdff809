"""Render templates under guard.

Two guards, both naming file and line. Before rendering, the source is read (`sources`): a typed
digit is a problem, and so is a claim that no value carries. While rendering, `Guard.finalize` sees
everything that is printed: only values and marked pieces pass; bare numbers, undefined names, and
text with digits or claims do not. All problems of all templates are collected.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from sscreport.compose import marks
from sscreport.compose.claims import Claims, watched
from sscreport.compose.sources import WHITE_SPACE, complaint, read_source
from sscreport.compose.stated import homeless, read_statements
from sscreport.folder import REFERENCES, SETTINGS, TEMPLATES
from sscreport.problems import InputError, Problem, did_you_mean
from sscreport.records import Review
from sscreport.values import Book, Value
from sscreport.vocabulary import claim_words
from sscreport.wording import has_digit

_FAILURES = (jinja2.TemplateRuntimeError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Namespace:
    """The book's values by attribute chain: ``v.rcs.m6.estimate``, ``v.studies["park"].year``."""

    def __init__(self, guard: Guard, prefix: str = ""):
        self._guard, self._prefix = guard, prefix

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __getitem__(self, name: str) -> Any:
        key = f"{self._prefix}.{name}" if self._prefix else name
        if key in self._guard.book:
            return self._guard.book[key]
        if key in self._guard.prefixes:
            return Namespace(self._guard, key)
        return self._guard.unknown_key(key)


class Missing:
    """Stands for a name that was already reported, so that rendering finds the next problem.

    No comparison of it holds, and what is computed from it is missing, too.
    """

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def _is_not(self, other: object) -> bool:
        return False

    def _stays(self, *others: object) -> Missing:
        return self

    __lt__ = __le__ = __gt__ = __ge__ = _is_not
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _stays
    __neg__ = __abs__ = __round__ = _stays

    def __getattr__(self, name: str) -> Missing:
        return self

    def __getitem__(self, name: str) -> Missing:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Missing:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class _MissingName(jinja2.StrictUndefined):
    """An undefined name is left to `Guard.finalize`, which knows the line."""


class _Environment(SandboxedEnvironment):
    """Reports every value that a template asks for its content or its provenance.

    Where the condition of a claim begins is marked, so that the values it asks for are known.

    A sandbox, since `verify` renders templates that travelled inside files from elsewhere.
    """

    def __init__(self, on_content: Callable[[Value], None], **options: Any):
        super().__init__(**options)
        self._on_content = on_content

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Value) and attribute in ("content", "provenance", "reconstructed"):
            self._on_content(obj)
        return super().getattr(obj, attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return watched(super()._parse(source, name, filename))


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates, kept while the program runs: `trace` and `verify` make a review more than once."""

    _kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (kept := self._kept.get(bucket.key)) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


class Guard:
    """Renders a review's templates and collects what they may not do."""

    def __init__(
        self,
        review: Review,
        targets: Sequence[str],
        folder: str = TEMPLATES,
        loader: jinja2.BaseLoader | None = None,
    ):
        """``folder`` is that of the files in messages; a letter lies elsewhere than the templates.

        ``loader`` gives the templates' texts, where they are not those in the review's folder.
        """
        self.review, self.book, self.targets, self.folder = review, review.book, targets, folder
        self.problems: list[Problem] = []
        self._rendering = ""
        self.prefixes = _prefixes(self.book)
        self.consulted: dict[str, list[str]] = {}
        self.asked: list[Value] = []
        self.statements, wrong = read_statements(review.root)
        self.problems.extend(wrong)
        self._env = _Environment(
            on_content=self.ask,
            loader=loader or jinja2.FileSystemLoader(review.root / TEMPLATES),
            autoescape=True,
            undefined=_MissingName,
            finalize=self.finalize,
            bytecode_cache=_Compiled(),
            **WHITE_SPACE,
        )
        self._env.filters = {"words": self._checked(marks.words), "Words": self._checked(marks.capitalised)}
        self._env.globals = {
            **Claims(self).functions(),
            "v": Namespace(self),
            "cite": self._cite,
            "ref": self._ref,
            "const": self._constant,
            "rows": self._rows,
            "studies": list(review.studies.values()),
            "departures": _departures(review),
            **{
                name: self._checked(f)
                for name, f in (
                    ("p", marks.p),
                    ("interval", marks.interval),
                    ("dagger", marks.dagger),
                    ("listing", marks.listing),
                )
            },
        }

    def offer(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Let templates call these too; they return marked pieces."""
        self._env.globals.update(functions)

    # ------------------------------------------------------------ rendering

    def check_sources(self) -> None:
        """Note every typed digit and untied claim of a template, and templates that are not valid Jinja."""
        paths = sorted((self.review.root / TEMPLATES).glob("*.html"))
        self.problems.extend(homeless(self.statements, [path.name for path in paths]))
        for path in paths:
            file = f"{TEMPLATES}/{path.name}"
            try:
                source = path.read_text(encoding="utf-8")
                own = tuple(statement for statement in self.statements if statement.template == path.name)
                self.problems.extend(read_source(file, source, own))
            except UnicodeDecodeError as error:
                self.problems.append(Problem(file, f"The template must be UTF-8 text: {error.reason}."))
            except jinja2.TemplateSyntaxError as error:
                self.problems.append(
                    Problem(file, f"The template is not valid: {_sentence(error)}", error.lineno)
                )

    def render(self, name: str) -> str:
        """The markup of one template; empty where it cannot be rendered, with the reason noted."""
        file = f"{TEMPLATES}/{name}.html"
        if not (self.review.root / file).is_file():
            self.problems.append(
                Problem(file, f"There is no such template; {SETTINGS} names it as a section.")
            )
            return ""
        return self._rendered(f"{name}.html")

    def render_text(self, name: str, text: str) -> str:
        """The same of a text that is no template's file, called ``name`` in messages."""
        self._env.loader = jinja2.ChoiceLoader([jinja2.DictLoader({name: text}), self._env.loader])
        return self._rendered(name)

    def _rendered(self, name: str) -> str:
        self._rendering = name
        try:
            return self._env.get_template(name).render()
        except jinja2.TemplateSyntaxError as error:
            self.note(f"The template is not valid: {_sentence(error)}", error.name or name, error.lineno)
        except jinja2.TemplateNotFound as error:
            self.note(f"There is no template {error.name}.", name)
        except InputError as error:
            self.problems.extend(error.problems)
        except UnicodeDecodeError:
            pass  # `check_sources` has said so
        except _FAILURES as error:
            place = _deepest_template_line(error)
            self.note(f"The template cannot be rendered: {error}.", *(place or (name, None)))
        return ""

    def finalize(self, item: Any) -> Any:
        """Decide how anything enters the text; called by Jinja for every ``{{ … }}``."""
        if isinstance(item, Value):
            return marks.value(item)
        if isinstance(item, (Markup, Missing)):
            return Markup("") if isinstance(item, Missing) else item
        if isinstance(item, jinja2.Undefined):
            name = item._undefined_name
            what = f"The name {name} is not defined" if name else "An if without else prints nothing"
            return self.refuse(f"{what}; a template may print values only.")
        if isinstance(item, str) and not has_digit(item):
            return self._unclaimed(item)
        return self.refuse(
            f"{item!r} has no identity; a template may print values, not bare numbers or text."
        )

    def _unclaimed(self, text: str) -> str:
        """``text`` that claims nothing, or that a statement covers."""
        for word in claim_words(text):
            spans = (span for statement in self.statements for span in statement.spans(text))
            if not any(start <= word.start and word.end <= end for start, end in spans):
                return self.refuse(complaint(word.word, word.dimension))
        return text

    def refuse(self, expected: str) -> Markup:
        """Note a problem at the line that is being rendered; prints nothing."""
        self.note(expected, *(_line_being_rendered() or ("?", None)))
        return Markup("")

    def note(self, expected: str, template: str, line: int | None = None) -> None:
        problem = Problem(f"{self.folder}/{template}", expected, line)
        if problem not in self.problems:
            self.problems.append(problem)

    def ask(self, value: Value) -> None:
        """Keep that ``value`` was asked for, and where: the line of the section, not of a macro."""
        self.asked.append(value)
        template, line = _line_being_rendered(self._rendering) or (self._rendering, None)
        place = f"{TEMPLATES}/{template}" + (f":{line}" if line else "")
        lines = self.consulted.setdefault(value.key, [])
        if place not in lines:
            lines.append(place)

    # ------------------------------------------------------------ what templates may call

    def unknown_key(self, key: str) -> Missing:
        self.refuse(f"There is no value {key}.{did_you_mean(key, self.book.values)}")
        return Missing()

    def _checked(self, function: Callable[..., Markup]) -> Callable[..., Any]:
        """``function``, refusing arguments that are not values instead of failing on them."""

        def call(*items: Any) -> Any:
            flat = [part for item in items for part in (item if isinstance(item, (list, tuple)) else [item])]
            if wrong := [part for part in flat if not isinstance(part, Value)]:
                missing = any(isinstance(part, Missing) for part in wrong)
                return (
                    Missing()
                    if missing
                    else self.refuse(f"{function.__name__} takes values, not {wrong[0]!r}.")
                )
            return function(*items)

        return call

    def _cite(self, *keys: str) -> Markup:
        for key in keys:
            if key not in self.review.references:
                hint = did_you_mean(key, self.review.references)
                self.refuse(f"There is no reference {key} in {REFERENCES}.{hint}")
        template, line = _line_being_rendered() or ("?", 0)
        known = [key for key in keys if key in self.review.references]
        return marks.cite(*known, place=f"{TEMPLATES}/{template}:{line}")

    def _ref(self, target: str) -> Markup:
        if target not in self.targets:
            return self.refuse(
                f"There is no figure or table {target}.{did_you_mean(target, self.targets, listed=True)}"
            )
        return marks.reference(target)

    def _constant(self, text: str) -> Markup:
        if text not in self.review.constants:
            return self.refuse(f"{text!r} is not declared as a constant in {SETTINGS}.")
        return marks.constant(text, self.review.constants[text])

    def _rows(self, table: str) -> Any:
        if table not in self.review.tables:
            self.refuse(f"There is no data file {table}.csv. Known: {', '.join(self.review.tables)}.")
        return self.review.tables.get(table, ())


def _departures(review: Review) -> list[tuple[Value, Value]]:
    """The analyses with choices of their own: title and choices, in words."""
    pairs = ((analysis, review.book.get(f"{analysis.id}.choices")) for analysis in review.analyses)
    return [(review.book[f"{analysis.place}.title"], made) for analysis, made in pairs if made is not None]


def _prefixes(book: Book) -> set[str]:
    found: set[str] = set()
    for value in book:
        steps = value.key.split(".")
        found.update(".".join(steps[:length]) for length in range(1, len(steps)))
    return found


def _sentence(error: jinja2.TemplateSyntaxError) -> str:
    return f"{(error.message or '').rstrip('.')}."


# ---------------------------------------------------------------- lines


@lru_cache(maxsize=64)
def _lines(template: jinja2.Template) -> tuple[tuple[int, int], ...]:
    """Line of the template and line of its compiled code, the last first; Jinja reads them anew each time."""
    return tuple(reversed(template.debug_info))


def _template_line(frame: Any) -> tuple[str, int] | None:
    template = frame.f_globals.get("__jinja_template__")
    if template is None or template.name is None:
        return None
    place = frame.f_lineno  # Python works it out anew each time it is asked
    return template.name, next((line for line, compiled in _lines(template) if compiled <= place), 1)


def _line_being_rendered(template: str | None = None) -> tuple[str, int] | None:
    """The template and line that is printing now: the nearest frame of compiled template code.

    With ``template``, the nearest frame of that one.
    """
    frame = sys._getframe()
    while frame is not None:
        if (place := _template_line(frame)) and template in (None, place[0]):
            return place
        frame = frame.f_back
    return None


def _deepest_template_line(error: BaseException) -> tuple[str, int] | None:
    place, trace = None, error.__traceback__
    while trace is not None:
        filename = Path(trace.tb_frame.f_code.co_filename)
        if filename.parent.name == TEMPLATES:
            place = filename.name, trace.tb_lineno
        trace = trace.tb_next
    return place
