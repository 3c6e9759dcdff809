"""The shipped review with a supplement that says next to nothing, where a test is about all the rest."""

from __future__ import annotations

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
            kept.append(re.sub(rf'(?m)^kind = "(?:{"|".join(kinds)})"$', 'kind = "outcomes"', block))
    text = "".join(kept)
    for name, few in FEW.items():
        text, found = re.subn(rf"(?m)^{name} = \[.*\]$", f"{name} = {few}", text)
        assert found == 1, name
    settings.write_text(text, encoding="utf-8")
    for path in (folder / "templates").glob("supplement_*.html"):
        tables = re.findall(r'call (table\("[\w-]+"\))', path.read_text(encoding="utf-8"))
        calls = "".join(f"{{% call {call} %}}<strong>A table.</strong>{{% endcall %}}" for call in tables)
        path.write_text(f"<h3>A part</h3>{calls}", encoding="utf-8")
    shutil.rmtree(folder / "data/article")  # what was found by hand is left of the audit
    stated = folder / "data/stated.toml"
    start, *entries = stated.read_text(encoding="utf-8").split("[[stated]]")
    entries = [entry for entry in entries if 'template = "supplement_' not in entry]
    stated.write_text("[[stated]]".join([start, *entries]), encoding="utf-8")
