"""Set what a figure shows as a folded table, for the web page."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element
from markupsafe import Markup

from sscreport.compose.tables import table_markup
from sscreport.records import FigureData

SUMMARY = "Data of this figure"


def folded(name: str, data: FigureData, label: str) -> _Element:
    """The ``<details>`` of the figure ``name``, which is called ``label`` ("Fig. 2").

    Each row of the table says itself as one sentence to a listener.
    """
    table, notes = table_markup(data.table)
    frame = Markup(
        '<details class="figure-data" id="data-{}"><summary>{}</summary>{}'
        '<div class="notes">{}</div></details>'
    )
    details = etree.fromstring(frame.format(name, SUMMARY, table, notes))
    caption = etree.Element("caption")
    caption.text = "Data of "
    etree.SubElement(caption, "span", {"data-ref": f"fig-{name}"}).text = label
    details.find("table").insert(0, caption)
    for row, sentence in zip(details.iterfind("table/tbody/tr"), data.told, strict=True):
        row.set("aria-label", sentence)
    return details
