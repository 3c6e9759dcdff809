"""The shipped review with a supplement that says next to nothing, where a test is about all the rest."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

FEW = {"tau_squared": '["DL"]', "intervals": '["z"]', "correlations": "[0.0, 0.7]"}  # specifications


def abridge(folder: Path) -> None:
    """Keep of the supplement in ``folder`` the tables that the text refers to, with little in them."""
    settings = folder / "data/review.toml"
    text = settings.read_text(encoding="utf-8")
    kept, kinds = [], ("ledger", "alternatives", "placebo", "certainty", "reconstruction", "audit")
    for block in re.split(r"(?m)^(?=\[)", text):
        if 'kind = "specification"' not in block:
            kept.append(re.sub(rf'(?m)^kind = "(?:{"|".join(kinds)})"$', 'kind = "characteristics"', block))
    text = "".join(kept)
    for name, few in FEW.items():
        text, found = re.subn(rf"(?m)^{name} = \[.*\]$", f"{name} = {few}", text)
        assert found == 1, name
    settings.write_text(text, encoding="utf-8")
    for path in (folder / "templates").glob("supplement_*.html"):
        tables = re.findall(r'call (table\("[\w-]+"\))', path.read_text(encoding="utf-8"))
        calls = "".join(f"{{% call {call} %}}<strong>A table.</strong>{{% endcall %}}" for call in tables)
        path.write_text(f"<h3>A part</h3>{calls}", encoding="utf-8")
    _keep_claims_in_use(folder)
    shutil.rmtree(folder / "data/article")  # what was found by hand is left of the audit
    stated = folder / "data/stated.toml"
    start, *entries = stated.read_text(encoding="utf-8").split("[[stated]]")
    entries = [entry for entry in entries if 'template = "supplement_' not in entry]
    stated.write_text("[[stated]]".join([start, *entries]), encoding="utf-8")


def _keep_claims_in_use(folder: Path) -> None:
    """Of the published claims those that a template, a setting or a row of data names."""
    path = folder / "data/published_claims.csv"
    others = [
        file for file in folder.rglob("*.*") if file != path and file.suffix in (".csv", ".toml", ".html")
    ]
    words = set(re.findall(r"\w+", " ".join(file.read_text(encoding="utf-8") for file in others)))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if row["id"] in words)
