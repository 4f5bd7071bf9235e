"""What an explorer's model holds, as the page keeps it: what a reader chose and what was computed."""


def state_of(page):
    """Return the state of the page's only explorer, by name."""
    return page.eval_on_selector("[data-explorer]", "place => place.model.state")
