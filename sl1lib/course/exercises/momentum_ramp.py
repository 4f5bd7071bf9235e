"""The momentum of each update, in the readings of the paper."""

from ...settings import MomentumRamp
from ..exercise import Exercise, Mistake


def momentum_ramp(update, start, end, updates, shape):
    if update >= updates:
        return end
    if shape == "step":
        return start
    return start + (end - start) * update / updates


EXERCISE = Exercise(
    momentum_ramp,
    "The ramp of the momentum, in its readings",
    chapter="full_training",
    level="function",
    minutes=10,
    task=(
        'Return the momentum of update number `update`, counted from 0. In the reading "linear" it goes along '
        'a line from `start` at update 0 to `end` at update `updates` and stays there; in the reading "step" '
        "it is `start` before update `updates` and `end` from then on. With `updates` = 0 it is `end` from the "
        "beginning."
    ),
    reference=lambda update, start, end, updates, shape: MomentumRamp(start, end, updates, shape).at(update),
    equations=["eq-momentum-ramp"],
    cases=[
        ("the first update of the paper's ramp", (0, 0.0, 0.2, 20, "linear")),
        ("half way", (10, 0.0, 0.2, 20, "linear")),
        ("the last update before the end", (19, 0.5, 0.9, 20, "linear")),
        ("at the end", (20, 0.5, 0.9, 20, "linear")),
        ("long after it", (1000, 0.2, 0.9, 20, "linear")),
        ("a switch, just before", (19, 0.5, 0.9, 20, "step")),
        ("a switch, just after", (20, 0.5, 0.9, 20, "step")),
        ("no ramp at all", (0, 0.1, 0.2, 0, "linear")),
    ],
    inputs=lambda draw, n: (
        draw.count(0, 30),
        draw.number(0.05, 0.45),
        draw.number(0.5, 0.9),
        draw.count(1, 20),
        ("linear", "step")[draw.count(0, 1)],
    ),
    sizes={"n": (1,)},
    hints=[
        "Write down the values for updates 0, 10, 19, 20 and 21 of a ramp over 20 updates.",
        "On the line: start + (end - start) · update/updates. From which update on does it hold no more?",
        "First the case `update >= updates`, which also covers `updates` = 0; then the two readings.",
    ],
    mistakes=[
        Mistake(
            "counted_from_one",
            ("* update / updates", "* (update + 1) / updates"),
            "Your ramp counts updates from 1: it is one update ahead. The first has number 0, and the momentum "
            "`start`.",
            "Four trainings",
        ),
        Mistake(
            "one_update_too_soon",
            ("* update / updates", "* update / max(updates - 1, 1)"),
            "Your ramp arrives one update too soon: you divide by one less than its length. It takes `updates` "
            "updates to reach `end`.",
            "Four trainings",
        ),
        Mistake(
            "never_stops",
            ("update >= updates", "updates == 0"),
            "Your momentum rises for ever, or never switches. From update `updates` on it is `end`.",
            "Four trainings",
            also=['updates == 0 or (update >= updates and shape == "step")'],
        ),
        Mistake(
            "start_ignored",
            ("return start + (end - start) *", "return end *"),
            "Your ramp begins at 0 whatever `start` is. It is the paper's for a start of 0 alone.",
            "Four trainings",
        ),
        Mistake(
            "readings_alike",
            ('shape == "step"', "False"),
            "You take both readings for a line. The reading `step` keeps the momentum and then switches.",
            "Four trainings",
        ),
        Mistake(
            "end_once_more",
            ("(end - start) *", "end *"),
            "You add the whole of `end` to `start`. The line rises by the difference of both.",
            "Four trainings",
        ),
        Mistake(
            "switch_one_late",
            ("update >= updates", "update > updates or updates == 0"),
            "You switch one update late. Update number `updates` has `end` already.",
            "Four trainings",
        ),
        Mistake(
            "readings_exchanged",
            ('shape == "step"', 'shape != "step"'),
            "You have exchanged the readings: `linear` switches and `step` goes along a line. Look at which name your "
            "condition asks for.",
            "Four trainings",
        ),
        Mistake(
            "start_and_end_exchanged",
            ("start + (end - start) *", "end + (start - end) *"),
            "Your ramp goes from `end` to `start`. It begins with `start`, at update 0.",
            "Four trainings",
        ),
    ],
)
