"""The penalty on the input channels of a convolution, on tensors."""

import numpy as np

from ..exercise import Exercise, Mistake


def channel_penalty(weight, eps):
    squares = (weight**2).sum(dim=(0, 2, 3))
    r = squares.sqrt()
    caps = (r**2 / (2 * eps) + eps / 2).where(r <= eps, r)
    return caps.sum()


EXERCISE = Exercise(
    channel_penalty,
    "A penalty on channels, on tensors",
    chapter="your_own_model",
    level="function",
    minutes=15,
    task=(
        "`weight` is the weight of a convolution of PyTorch, a tensor (outputs, inputs, kh, kw). A group is all that "
        "leaves one input channel. Return the sum of φ(‖u_g‖) over the groups, a tensor without axes, with Huber's "
        "profile of width `eps`, as the chapter *The smooth function* has it."
    ),
    equations=["eq-own-groups"],
    tensors=True,
    forbids=["sl1lib", "torch.nn"],
    cases=[
        ("one channel of length 5", (np.array([[[[3.0, 4.0]]]]), 1.0)),
        ("two channels, one of zeros", (np.array([[[[3.0]], [[0.0]]], [[[4.0]], [[0.0]]]]), 1.0)),
        ("inside of a wide cap", (np.array([[[[3.0, 4.0]]]]), 10.0)),
    ],
    inputs=lambda draw, m, c, kh, kw: (draw.numbers(m, c, kh, kw), draw.number(0.5, 2.0)),
    sizes={"m": (1, 2), "c": (2, 1, 3), "kh": (1, 2), "kw": (1, 2)},
    hints=[
        "Which axis counts the groups? All others are summed over.",
        "Axis 1. `(weight**2).sum(dim=(0, 2, 3)).sqrt()` gives one length for each input channel.",
        "Huber's profile of these lengths, `torch.where` or `Tensor.where`, then the sum.",
    ],
    mistakes=[
        Mistake(
            "output_channels",
            ("dim=(0, 2, 3)", "dim=(1, 2, 3)"),
            "Your groups are the output channels. What leaves one input stands in axis 1 of the weight.",
            "The penalty on any layer",
        ),
        Mistake(
            "kernels_by_themselves",
            ("dim=(0, 2, 3)", "dim=(2, 3)"),
            "Each kernel is a group of its own in your function. A channel can only go if all kernels that read it "
            "are short.",
            "The penalty on any layer",
        ),
        Mistake(
            "one_group",
            ("sum(dim=(0, 2, 3))", "sum()"),
            "The whole weight is one group in your function. Each input channel has a length of its own.",
            "The penalty on any layer",
        ),
        Mistake(
            "squared_length",
            ("squares.sqrt()", "squares"),
            "You put squared lengths into the cap. A root is missing.",
            "The penalty on any layer",
        ),
        Mistake(
            "mean_for_sum",
            ("caps.sum()", "caps.mean()"),
            "You average over the channels. The penalty is a sum over the groups.",
            "The penalty on any layer",
        ),
        Mistake(
            "not_smoothed",
            ("(r**2 / (2 * eps) + eps / 2).where(r <= eps, r)", "r"),
            "You add up lengths: the group lasso, with its corner. Inside of ε the cap takes the place of the length.",
            "The penalty on any layer",
        ),
        Mistake(
            "offset_missing",
            (" + eps / 2", ""),
            "Your cap jumps at ε: the parabola has to be lifted by ε/2.",
            "The penalty on any layer",
        ),
    ],
)
