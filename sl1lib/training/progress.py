"""A progress bar for a training, in a terminal and in a notebook."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .._output import bar
from .processes import report

if TYPE_CHECKING:
    from .config import RunConfig


class Progress:
    """Shows held-out error, E0, penalty, images per second and time left of the trainings of a cohort, or nothing.

    Each trains on ``images`` images, ``config`` is one of them, ``part`` says which of several cohorts it is, and
    ``done`` updates were made before. What is ``drawn`` on is advanced and given words as a bar of tqdm's, its default.
    """

    def __init__(
        self,
        config: RunConfig,
        images: int,
        shown: bool,
        trainings: int = 1,
        part: str = "",
        done: int = 0,
        drawn: Any = None,
    ) -> None:
        epochs, batches = divmod(done, -(-images // config.batch_size))
        self._images, self._batch_size, self._left = images, config.batch_size, images - batches * config.batch_size
        self._trainings = trainings
        self._average: float | None = None
        self._held_out = ""
        title = f"{config.method if trainings == 1 else f'{trainings} trainings'} ({config.reading.name})"
        total, initial = images * config.epochs, epochs * images + images - self._left
        if drawn is None:
            drawn = image_bar(f"{title} {part}".rstrip(), total * trainings, initial * trainings, shown)
        else:
            drawn.update(initial * trainings)
        self._bar: Any = drawn

    def update(self, error: float, cost: float) -> None:
        """Advance by one batch, of each training."""
        count = min(self._batch_size, self._left)
        self._left = self._left - count or self._images  # the last batch of an epoch may be smaller
        # A single batch's error jumps about; the bar shows its average over about 50 updates.
        self._average = error if self._average is None else 0.98 * self._average + 0.02 * error
        # True when the bar is due to be drawn: formatting each time would cost more.
        if self._bar.update(count * self._trainings):
            self._bar.set_postfix_str(f"{self._held_out}E0 {self._average:.4f}, λΣh {cost:.4f}", refresh=False)

    def epoch(self, error: float) -> None:
        """Note the held-out error after an epoch."""
        self._held_out = f"error {100 * error:.2f} %, "

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: object) -> None:
        self._bar.close()


def image_bar(title: str, total: int, initial: int, shown: bool) -> Any:
    """Return a bar that counts images."""
    return bar(
        total=total,
        initial=initial,
        desc=title,
        # The most wanted comes first: a terminal of 80 columns cuts off the end.
        bar_format="{desc} {percentage:3.0f}%|{bar}| {rate_fmt}, {remaining} left{postfix}",
        unit="img",
        unit_scale=True,
        shown=shown,
        mininterval=0.2,
        dynamic_ncols=True,
        leave=False,
    )


class Reported:
    """Takes the place of a bar in a process that has none: reports progress a few times a second."""

    def __init__(self) -> None:
        self._count, self._text, self._due = 0, "", 0.0

    def update(self, count: int) -> bool:
        """Advance; true when it is time for words."""
        self._count += count
        return time.monotonic() >= self._due

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        """Report, with words."""
        self._text, self._due = text, time.monotonic() + 0.2
        self.close()

    def close(self) -> None:
        """Report what is left."""
        report((self._count, self._text))
        self._count = 0
