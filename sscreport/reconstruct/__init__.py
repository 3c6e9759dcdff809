"""Reconstruct: study-level rows solved from the numbers that an article prints of their pools.

    review ─ pose ─▶ Systems ─ solve ─▶ Solutions ─ sample ─▶ Draws ─▶ Outcomes ─ write ─▶ data/

`reconstruct` knows this order. A system is posed from claims, the analyses that pool its rows and
what else the settings state; see docs/reconstruction.md for the mathematics.
"""

from sscreport.reconstruct.outcomes import CountsOutcome, MeansOutcome, of_counts, of_means
from sscreport.reconstruct.pose import count_systems, problems, settings_of, systems
from sscreport.reconstruct.recompute import missed
from sscreport.reconstruct.write import write
from sscreport.records import Review

__all__ = ["CountsOutcome", "MeansOutcome", "problems", "reconstruct", "unmet", "write"]


def reconstruct(
    review: Review, draws: int | None = None, seed: int | None = None
) -> list[MeansOutcome | CountsOutcome]:
    """Solve every reconstruction of a review and judge its rows.

    ``draws``, ``seed``: how many feasible reconstructions are drawn, and from which random numbers;
    by default as the settings say. Raises `InputError` where the settings are wrong.
    """
    settings = settings_of(review)
    wanted = int(settings.get("draws", 0)) if draws is None else draws
    start = int(settings.get("seed", 0)) if seed is None else seed
    tolerance = float(settings.get("tolerance", 0))
    means = [of_means(system, tolerance, wanted, start) for system in systems(review)]
    return [*means, *(of_counts(system) for system in count_systems(review))]


def unmet(review: Review) -> list[str]:
    """A sentence for every reconstruction of means whose rows no longer give the numbers printed of them."""
    found = []
    for system in systems(review):
        if lost := missed(system, system.md, system.se):
            listed = ", ".join(map(str, lost))
            found.append(
                f"The reconstructed rows of {system.id} no longer give {listed}; run reconstruct --write."
            )
    return found
