"""What may be chosen for an analysis on top of the review's rules, and where a choice has no sense."""

from __future__ import annotations

from collections.abc import Iterator

from sscreport.measures import MEASURES, measure_of
from sscreport.records import Analysis


def senseless(analysis: Analysis) -> Iterator[tuple[str, object, str]]:
    """Each choice in the settings that cannot be made: its name, its content, and why, as a sentence."""
    settings = analysis.settings
    if analysis.excluded and not analysis.rows:
        yield "exclude", ", ".join(settings["exclude"]), "No study is left in this analysis."
    for name in ("tau_squared", "interval"):
        if name in settings and settings.get("model") == "fixed":
            expected = "A fixed-effect model has no such choice: leave this out, or set another model."
            yield name, settings[name], expected
    if "assumed_correlation" not in settings or analysis.measure not in MEASURES:
        return
    assumed = settings["assumed_correlation"]
    if "md" not in measure_of(analysis).roles:
        expected = "The correlation between before and after matters to mean differences with their SE only."
        yield "assumed_correlation", assumed, expected
    elif "correlation" not in settings:
        expected = (
            "Another correlation can be assumed only where the analysis records, as correlation, the one "
            "that its standard errors were made with: 0 where both times were compared as independent groups."
        )
        yield "assumed_correlation", assumed, expected
