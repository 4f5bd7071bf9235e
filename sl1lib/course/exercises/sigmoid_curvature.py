"""How fast the slope of a sigmoid changes."""

from ..exercise import Exercise, Mistake


def sigmoid_curvature(p):
    return p * (1 - p) * (1 - 2 * p)


EXERCISE = Exercise(
    sigmoid_curvature,
    "The second derivative of the sigmoid",
    chapter="backpropagation",
    level="derivation",
    minutes=10,
    task=(
        "The sigmoid's slope is σ' = σ (1 - σ). Return its second derivative by z, written with its value p = σ(z) "
        "alone."
    ),
    cases=[
        ("in the middle the slope is largest", (0.5,)),
        ("on the lower half it grows", (0.25,)),
        ("on the upper half it falls", (0.75,)),
    ],
    inputs=lambda draw, n: (draw.number(0.05, 0.95),),
    sizes={"n": (1,)},
    hints=[
        "The slope depends on z only through p. What does the chain rule say?",
        "The derivative of p (1 - p) by p is one factor. What is the other?",
        "The other is the derivative of p by z, which is the slope itself.",
    ],
    mistakes=[
        Mistake(
            "inner_factor_forgotten",
            ("p * (1 - p) * ", ""),
            "This is the derivative of p(1 - p) by p. You want the one by z, and p depends on z: the chain rule adds "
            "a factor.",
            "A stage of the reading `text`",
        ),
        Mistake(
            "first_derivative",
            (" * (1 - 2 * p)", ""),
            "This is the slope, the first derivative. It has to be differentiated once more.",
            "A stage of the reading `text`",
            credit=0.0,
        ),
        Mistake(
            "sign_lost",
            ("(1 - 2 * p)", "(2 * p - 1)"),
            "Your sign is wrong: the slope of a sigmoid grows below the middle and falls above it.",
            "What the sigmoid does to a gradient",
        ),
        Mistake(
            "two_forgotten",
            ("2 * p", "p"),
            "A factor of 2 is missing. It comes from the square in p - p².",
            "A stage of the reading `text`",
        ),
        Mistake(
            "inner_factor_doubled",
            ("p * (1 - p) *", "(p * (1 - p)) ** 2 *"),
            "Your inner derivative stands there twice. The chain rule asks for it once.",
            "A stage of the reading `text`",
        ),
        Mistake(
            "product_of_derivatives",
            ("p * (1 - p) * (1 - 2 * p)", "-((p * (1 - p)) ** 2)"),
            "You multiply the derivatives of both factors. The product rule differentiates one factor at a time and "
            "adds.",
            "A stage of the reading `text`",
        ),
    ],
)
