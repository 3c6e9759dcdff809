"""Baujat plots: which studies the heterogeneity comes from, and which the result rests on."""

from __future__ import annotations

from sscreport.draw import phrases
from sscreport.draw.axis import Axis, Upright, fitting_ticks, plain_ticks
from sscreport.draw.canvas import Canvas
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.labels import Rectangle, Spotted, draw_points
from sscreport.draw.lines import Line, paragraph, write
from sscreport.draw.plot_sizes import EDGE, LINE, NOTE_SIZE, RIGHT_MARGIN, SIZE, TALLER, TOP, WIDTH
from sscreport.records import Synthesis

HEIGHT = 57.0  # at the usual width


def baujat_plot(figure_id: str, synthesis: Synthesis, width: float = WIDTH) -> Drawing:
    """The Baujat plot of a synthesis, ``width`` mm wide.

    Across, each study's contribution to Cochran's Q; upwards, the squared change of the pooled result
    without it, in its standard errors (Baujat et al. 2002, Stat Med 21:2641).
    """
    canvas = Canvas(width)
    bottom = TOP + HEIGHT + TALLER * (width - WIDTH)
    side = Upright(
        plain_ticks(0.0, max(point.influence.content for point in synthesis.baujat)), False, bottom, TOP
    )
    left, right = max(12.0, side.room(SIZE)), width - RIGHT_MARGIN
    farthest = max(point.contribution.content for point in synthesis.baujat)
    axis = Axis(fitting_ticks(0.0, farthest, False, right - left, SIZE), False, left, right)
    axis.draw(canvas, bottom, SIZE)
    side.draw(canvas, left, SIZE)
    canvas.text(EDGE, TOP - 3.6, phrases.INFLUENCE, SIZE, bold=True)
    canvas.text((left + right) / 2, bottom + 8.0, phrases.CONTRIBUTION, SIZE, bold=True, anchor="middle")
    pairs = sorted(
        zip(synthesis.overall.effects, synthesis.baujat, strict=True),
        key=lambda pair: (
            -(pair[1].contribution.content / axis.ticks[-1] + pair[1].influence.content / side.ticks[-1])
        ),
    )  # the name of a study far from the corner is the one asked about
    points = [
        Spotted(
            axis.place(point.contribution.content),
            side.place(point.influence.content),
            point.contribution,
            phrases.point(synthesis, effect),
        )
        for effect, point in pairs
    ]
    unnamed = draw_points(canvas, points, Rectangle(left, TOP, width, bottom), SIZE)
    notes: list[Line] = [(phrases.AROUND_FIXED,)]
    notes += [(phrases.UNNAMED,)] if unnamed else []
    notes += [(phrases.RECONSTRUCTED,)] if synthesis.reconstructed else []
    y = bottom + 9.5
    for parts in notes:
        lines = paragraph(parts, width - 2 * EDGE, NOTE_SIZE)
        y = write(canvas, EDGE, y + LINE, lines, NOTE_SIZE, LINE)
    canvas.height = y + 1.2
    return finish(figure_id, canvas, phrases.describe_baujat(synthesis))
