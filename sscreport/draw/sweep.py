"""Sweeps: the pooled change under every correlation between before and after that may be assumed."""

from __future__ import annotations

from sscreport.draw import phrases
from sscreport.draw.axis import Axis, Upright, plain_ticks
from sscreport.draw.canvas import Canvas
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.labels import POINT_FILL, RADIUS
from sscreport.draw.lines import Line, demand_room, paragraph, write
from sscreport.draw.plot_sizes import EDGE, LINE, NOTE_SIZE, RIGHT_MARGIN, SIZE, TALLER, TOP, WIDTH
from sscreport.measures import MEASURES
from sscreport.records import Synthesis
from sscreport.values import Value

HEIGHT = 50.0  # at the usual width
BAND = "#b9d3e6"
RECORDED = "#d55e00"
TOLD = (0.5, 0.9)  # correlations whose results are printed besides the recorded one


def sweep_plot(figure_id: str, synthesis: Synthesis, recorded: Value, width: float = WIDTH) -> Drawing:
    """The pooled estimate and its interval against the assumed correlation, ``width`` mm wide.

    ``recorded`` is the correlation that the studies' standard errors assume, and the analysis with
    them: there stands a mark. How the standard errors change with the correlation, and what is taken
    for granted where the data hold nothing but the difference and its standard error, is said in
    `sscreport.analyse.robustness.sweep`.
    """
    canvas, measure = Canvas(width), MEASURES[synthesis.analysis.measure]
    results, pooled = synthesis.sweep, synthesis.overall.pooled
    bottom = TOP + HEIGHT + TALLER * (width - WIDTH)
    limits = [
        limit.content for result in (*results.values(), pooled) for limit in (result.ci_low, result.ci_high)
    ]
    ticks = plain_ticks(min(*limits, measure.null), max(*limits, measure.null), measure.log)
    side = Upright(ticks, measure.log, bottom, TOP)
    left, right = max(12.0, side.room(SIZE)), width - RIGHT_MARGIN
    axis = Axis(plain_ticks(min(results), max(results), most=9), False, left, right)

    def along(name: str) -> list[tuple[float, float]]:
        return [(axis.place(r), side.place(getattr(result, name).content)) for r, result in results.items()]

    canvas.shape(*along("ci_low"), *reversed(along("ci_high")), fill=BAND)
    null = side.place(measure.null)
    canvas.line((left, null), (right, null), width=0.5, dash=(1.4, 1.0))
    canvas.line(*along("estimate"), width=1.2, color=POINT_FILL)
    axis.draw(canvas, bottom, SIZE)
    side.draw(canvas, left, SIZE)
    x = axis.place(recorded.content)
    ends = [(x, side.place(limit.content)) for limit in (pooled.ci_low, pooled.ci_high)]
    canvas.line(*ends, width=1.2, color=RECORDED, value=pooled.estimate)
    canvas.disc(x, side.place(pooled.estimate.content), RADIUS, RECORDED, value=pooled.estimate)
    heading = (f"{measure.name} (", *phrases.interval(synthesis), ")")
    canvas.text(EDGE, TOP - 3.6, heading, SIZE, bold=True)
    demand_room(canvas.marks[-1].text, width - 2 * EDGE, SIZE, bold=True)
    canvas.text((left + right) / 2, bottom + 8.0, phrases.CORRELATION, SIZE, bold=True, anchor="middle")
    y = bottom + 9.5
    told = {r: results[r] for r in TOLD}
    notes: list[Line] = [
        phrases.swept(recorded, pooled, told),
        phrases.swept_how(_spreads_known(synthesis), synthesis.decision.model.content),
    ]
    notes += [(phrases.RECONSTRUCTED,)] if synthesis.reconstructed else []
    for parts in notes:
        lines = paragraph(parts, width - 2 * EDGE, NOTE_SIZE)
        y = write(canvas, EDGE, y + LINE, lines, NOTE_SIZE, LINE)
    canvas.height = y + 1.2
    return finish(figure_id, canvas, phrases.describe_sweep(synthesis, recorded))


def _spreads_known(synthesis: Synthesis) -> bool:
    """Whether the standard deviations before and after are known of every study."""
    return all(
        role in effect.columns and effect.columns[role].content is not None
        for effect in synthesis.overall.effects
        for role in ("sd_before", "sd_after")
    )
