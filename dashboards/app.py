"""The dashboard: `streamlit run dashboards/app.py -- --home DIR`, which `make dashboard` does.

Belongs here: the list of pages, the choice of language, which home is looked at. Does not belong here: any figure.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import streamlit as st

from dashboards.app_pages import PAGES
from dashboards.panels import Page
from dashboards.snapshot import NothingPublishedError, served
from dashboards.words import LANGUAGES, Words


def main() -> None:
    """Show the page that was chosen, over the version that is served as the page is drawn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--page", choices=PAGES, default="people", help="the page that is shown first")
    options = parser.parse_args()
    home: Path = options.home
    st.set_page_config(layout="wide")
    chosen = st.sidebar.radio("Language / 语言", list(LANGUAGES), horizontal=True)
    words = Words(LANGUAGES[chosen])
    try:
        snapshot = served(home)
    except NothingPublishedError as error:
        st.error(str(error))
        return
    page = Page(snapshot, words)
    st.sidebar.caption(words.say("served", sequence=snapshot.sequence, as_of_date=snapshot.as_of_date))
    shown = [
        st.Page(
            partial(_show, page, name), title=words.say(name), url_path=name, default=name == options.page
        )
        for name in PAGES
    ]
    st.navigation(shown).run()


def _show(page: Page, name: str) -> None:
    st.title(page.words.say(name))
    PAGES[name](page)


main()
