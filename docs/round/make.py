"""An example of a round of review: the shipped review as submitted (tag v1.0), and as revised.

    python docs/round/make.py FOLDER
    python build.py respond responses/round-1.md --review FOLDER

Comments, slip and wishes are invented.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from example_history import correct, replace, slip, start, tag  # noqa: E402

ROUND = Path(__file__).with_name("round-1.md")
SKIN = 'title = "Change in mRSS by time since treatment"'
ULCERS = 'title = "Healed digital ulcers at 6 months"'
PAIN = '[[figures]]\nid = "vas"\n'
SWEEP = '[[figures]]\nid = "vas-left-out"\nkind = "leave-one-out"\nanalysis = "vas.m6"\n\n'
ALTERNATIVES = '[[tables]]\nid = "alternatives"\n'
SCENARIOS = '[[tables]]\nid = "scenarios"\nkind = "scenario"\n\n'
QUESTION = "None of this shows that MSCs work."
ANSWER = "That takes a comparison with patients who were treated otherwise."
END = '<section id="alternatives-ulcers">'
ASKED_FOR = """<section id="alternatives-asked-for">
<h4>Asked for in review</h4>
<p>Reviewers asked what other choices would have given ({{ ref("table-scenarios") }}), and to see the pool of
hand pain without each study in turn ({{ ref("fig-vas-left-out") }}).</p>
{% call table("scenarios") %}
<strong>Scenarios asked for by reviewers.</strong> Each beside the result of the main text.
Heterogeneity is <em>I</em>{{ const("²") }}.
{% endcall %}
{% call figure("vas-left-out") %}
<strong>Hand pain without each study in turn.</strong> Mean differences with {{ level() }} CI.
{{ dagger_note(v.vas.m6.estimate) }}
{% endcall %}
</section>

"""
SCENARIO_FILE = """# Other choices that reviewers asked for; a table of the supplement shows what they give.
provenance = "derived"
source = "this rebuild"
locator = "asked for in an invented review"

[[scenarios]]
id = "without_granel"
title = "Hand pain without Granel"
why = "Its scale may have been another one."
outcomes = ["vas"]
exclude = ["granel"]

[[scenarios]]
id = "pain_hartung_knapp"
title = "Hand pain with REML and Hartung-Knapp limits"
why = "Few studies."
outcomes = ["vas"]
model = "random"
tau_squared = "REML"
interval = "hartung-knapp"
"""


def revise(folder: Path) -> None:
    """What eight comments made of the submitted review."""
    correct(folder)
    replace(folder, "data/review.toml", SKIN, f'{SKIN}\nexclude = ["keyszer"]')
    replace(folder, "data/review.toml", ULCERS, f'{ULCERS}\nmodel = "random"')
    replace(folder, "data/review.toml", PAIN, SWEEP + PAIN)
    replace(folder, "data/review.toml", ALTERNATIVES, SCENARIOS + ALTERNATIVES)
    (folder / "data/scenarios.toml").write_text(SCENARIO_FILE, encoding="utf-8")
    replace(folder, "templates/supplement_alternatives.html", END, ASKED_FOR + END)
    replace(folder, "templates/discussion.html", QUESTION, f"{QUESTION} {ANSWER}")
    replace(
        folder,
        "templates/background.html",
        'disability and early death are common {{ cite("denton2017") }}',
        'disability and early death are common {{ cite("denton2017", "matuccicerinic2020") }}',
    )


def write_round(folder: Path) -> None:
    """Write the repository, with the revision in its working tree, to ``folder``, which must not exist."""
    start(folder)
    slip(folder)
    tag(folder, "v1.0", "The review as submitted", "Ada Author", "2026-03-02T09:00:00Z")
    revise(folder)
    (folder / "responses").mkdir()
    shutil.copy(ROUND, folder / "responses")


if __name__ == "__main__":
    write_round(Path(sys.argv[1]))
