"""Sphinx extension: the bibliography names its entries as the text cites them, by author and year."""

from __future__ import annotations

from collections import Counter
from string import ascii_lowercase

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.labels import BaseLabelStyle


class AuthorYear(BaseLabelStyle):
    """Labels such as "LeCun et al., 1998"; a letter tells those apart that would be equal."""

    def format_labels(self, sorted_entries):
        """Yield the label of each entry."""
        labels = [label(entry) for entry in sorted_entries]
        count, seen = Counter(labels), Counter()
        for each in labels:
            letter = ascii_lowercase[seen[each]] if count[each] > 1 else ""
            seen[each] += 1
            yield each + letter


def label(entry) -> str:
    """Return who and when, as sphinxcontrib-bibtex writes it in the text."""
    people = entry.persons.get("author") or entry.persons.get("editor")
    names = [
        " ".join([*person.prelast_names, *person.last_names])
        for person in people or ()
    ]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    who = " and ".join(names).replace("{", "").replace("}", "")
    return f"{who or entry.key}, {entry.fields.get('year', 'no year')}"


class AuthorYearStyle(Style):
    """The plain style, with such labels."""

    default_label_style = AuthorYear


def setup(app) -> dict:
    """Make the style known under the name that `_config.yml` asks for."""
    register_plugin(
        "pybtex.style.formatting", "author_year", AuthorYearStyle
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
