"""The size of an output with a stride."""

from ..exercise import Exercise, Mistake


def strided_size(height, kernel, stride):
    return (height - kernel) // stride + 1


EXERCISE = Exercise(
    strided_size,
    "Rows of the output, with a stride",
    chapter="convolution",
    level="derivation",
    minutes=10,
    task=(
        "A kernel of `kernel` rows moves over an image of `height` rows in steps of `stride` rows, from the first "
        "place to the last at which it still fits. Return the number of places; `//` divides and rounds down."
    ),
    equations=["eq-conv-size"],
    cases=[
        ("the first layer, step by step", (28, 5, 1)),
        ("the same in steps of 2: 0, 2, ..., 22", (28, 5, 2)),
        ("a kernel as large as the image", (4, 4, 3)),
    ],
    inputs=lambda draw, n: (draw.count(7, 40), draw.count(1, 7), draw.count(1, 5)),
    sizes={"n": (1,)},
    hints=[
        "Number the places: 0, stride, twice the stride. Where may the last one be?",
        "The last place is at most height less kernel. How many steps of the stride fit into that?",
        "Round the number of steps down, and do not forget the place from which the first step goes.",
    ],
    mistakes=[
        Mistake(
            "first_place_missing",
            (" + 1", ""),
            "You count the steps between the places. There is one place more than there are steps.",
            "How large is the output",
        ),
        Mistake(
            "not_rounded",
            ("// stride", "/ stride"),
            "You divide without rounding. Where the stride does not fit, the kernel has no place for the rest of a "
            "step.",
            "How large is the output",
        ),
        Mistake(
            "rounded_up",
            ("(height - kernel) // stride", "-((kernel - height) // stride)"),
            "You round up: at the last of your places the kernel reaches beyond the image. The paper's convolution "
            "stays inside.",
            "How large is the output",
        ),
        Mistake(
            "kernel_forgotten",
            ("(height - kernel)", "height"),
            "You let the kernel's first row go over all rows of the image. Its last row has to stay inside as well.",
            "How large is the output",
        ),
        Mistake(
            "size_divided",
            ("(height - kernel) // stride + 1", "(height - kernel + 1) // stride"),
            "You divide the number of places at stride 1 by the stride. The place in the corner is one of both, so "
            "the steps have to be divided, not the places.",
            "How large is the output",
        ),
        Mistake(
            "multiplied",
            ("// stride", "* stride"),
            "You multiply by the stride. Longer steps visit fewer places.",
            "How large is the output",
        ),
    ],
)
