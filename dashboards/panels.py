"""Panels: what a page is made of: a heading, and a table or chart of what one query finds.

Belongs here: drawing, and saying what is missing. Does not belong here: queries (people.py, decisions.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import pandas as pd
import streamlit as st

from dashboards.snapshot import Snapshot
from dashboards.words import Words

_HEIGHT = 320


@dataclass(frozen=True)
class Page:
    """A page under construction: the version it reads and the language it speaks."""

    snapshot: Snapshot
    words: Words

    def found(self, title: str, table: str, query: str) -> pd.DataFrame | None:
        """Head a panel and return what its query finds; None, having said so, when there is nothing to show."""
        st.subheader(self.words.say(title))
        if table not in self.snapshot.tables():
            st.info(self.words.say("missing", table=table))
            return None
        rows = self.snapshot.ask(query)
        if rows.empty:
            st.info(self.words.say("empty", table=table))
            return None
        return rows

    def table(self, title: str, table: str, query: str) -> pd.DataFrame | None:
        """Show what a query finds as a table, its columns named in the page's language."""
        rows = self.found(title, table, query)
        if rows is not None:
            headings = {str(name): self.words.say(str(name)) for name in rows.columns}
            st.table(rows.rename(columns=headings).style.format(precision=4, na_rep="–", thousands=","))
        return rows

    def lines(self, title: str, table: str, query: str, *, x: str, y: str, series: str | None = None) -> None:
        """Draw `y` over the dates `x`, a line per `series`."""
        rows = self.found(title, table, query)
        if rows is None:
            return
        chart = (
            alt.Chart(rows)
            .mark_line()
            .encode(
                x=alt.X(x, type="temporal", title=self.words.say(x)),
                y=alt.Y(y, type="quantitative", title=self.words.say(y)),
            )
        )
        if series is not None:
            chart = chart.encode(color=alt.Color(series, type="nominal", title=self.words.say(series)))
        st.altair_chart(chart.properties(height=_HEIGHT), width="stretch")

    def intervals(self, rows: pd.DataFrame, *, label: str, value: str, low: str, high: str) -> None:
        """Draw a point with its interval per row, beside the line of no difference."""
        base = alt.Chart(rows).encode(y=alt.Y(label, type="nominal", title=self.words.say(label)))
        span = base.mark_rule().encode(
            x=alt.X(low, type="quantitative", title=self.words.say(value)), x2=high
        )
        point = base.mark_point(filled=True, size=80).encode(x=alt.X(value, type="quantitative"))
        none = alt.Chart(pd.DataFrame({"none": [0.0]})).mark_rule(strokeDash=[4, 4]).encode(x="none:Q")
        st.altair_chart(none + span + point, width="stretch")
