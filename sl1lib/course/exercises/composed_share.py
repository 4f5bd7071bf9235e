"""What composing convolution and pooling saves."""

from ..exercise import Exercise, Mistake


def composed_share(kernel, window):
    return ((kernel + window - 1) / (kernel * window)) ** 2


EXERCISE = Exercise(
    composed_share,
    "The share of the multiply-adds",
    chapter="pooling",
    level="derivation",
    minutes=10,
    task=(
        "A square kernel of `kernel` rows is followed by pooling with blocks of `window` rows. Composed, both are "
        "one convolution whose kernel is larger and whose stride is the window. Return the multiply-adds of the "
        "composed convolution divided by those of the convolution alone."
    ),
    equations=["eq-pool-cost"],
    cases=[
        ("the network: 0.36", (5.0, 2.0)),
        ("without pooling nothing is saved", (3.0, 1.0)),
        ("a kernel of one number", (1.0, 4.0)),
    ],
    inputs=lambda draw, n: (float(draw.count(1, 9)), float(draw.count(1, 6))),
    sizes={"n": (1,)},
    hints=[
        "How many rows has the composed kernel, and at how many of the places is it used?",
        "It has kernel + window - 1 rows, and in each direction one place of `window` is left.",
        "In each direction: the longer kernel's rows, by window times the rows of the kernel. Both directions count.",
    ],
    mistakes=[
        Mistake(
            "one_direction",
            (" ** 2", ""),
            "You count one direction. Kernel and blocks are squares, so the rows save and the columns save as well.",
            "What it saves",
        ),
        Mistake(
            "stride_forgotten",
            ("(kernel * window)", "kernel"),
            "You let the composed kernel visit every place. Pooling keeps one place of each block, and only there it "
            "is needed.",
            "What it saves",
        ),
        Mistake(
            "kernel_not_longer",
            ("(kernel + window - 1)", "kernel"),
            "You leave the kernel as large as it was. The composed one covers all windows of a block.",
            "A pooled convolution is one convolution",
        ),
        Mistake(
            "one_row_too_many",
            ("window - 1)", "window)"),
            "Your composed kernel has one row too many. A kernel and the window's first row begin at the same place.",
            "A pooled convolution is one convolution",
        ),
        Mistake(
            "window_added_to_the_rest",
            ("(kernel * window)", "(kernel + window)"),
            "You add kernel and window where they multiply. Each output of the convolution costs the kernel's rows, "
            "and a block has `window` rows of outputs.",
            "What it saves",
        ),
        Mistake(
            "upside_down",
            ("((kernel + window - 1) / (kernel * window))", "((kernel * window) / (kernel + window - 1))"),
            "You divide the other way round. What is asked for is the share that is left, below 1 where something is "
            "saved.",
            "What it saves",
        ),
    ],
)
