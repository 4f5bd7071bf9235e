"""The step length of the proximal step."""

from ..exercise import Exercise, Mistake


def proximal_step_length(lr, momentum, dampening):
    return lr * (1 - dampening) / (1 - momentum)


EXERCISE = Exercise(
    proximal_step_length,
    "The proximal step length, with dampening",
    chapter="your_own_model",
    level="derivation",
    minutes=10,
    task=(
        "SGD with `dampening` d updates v ← μv + (1 - d) g and moves by -ηv. A proximal step has the same rest if "
        "its step length is that by which a steady gradient g moves the weight, divided by g. Return it. The "
        "arguments are η, μ and d."
    ),
    cases=[
        ("dampened by as much as is kept", (0.1, 0.9, 0.9)),
        ("half of it", (0.2, 0.5, 0.25)),
        ("no momentum to speak of, no dampening", (0.1, 1e-9, 1e-9)),
    ],
    inputs=lambda draw, n: (draw.number(0.05, 0.5), draw.number(0.05, 0.9), draw.number(0.05, 0.9)),
    sizes={"n": (1,)},
    hints=[
        "Which velocity does a steady gradient lead to?",
        "v = μv + (1 - d) g.",
        "v = (1 - d) g/(1 - μ), and the weight moves by η of that.",
    ],
    mistakes=[
        Mistake(
            "dampening_ignored",
            (" * (1 - dampening)", ""),
            "You have left the dampening out. It shortens each gradient before it is added.",
            "Where each way comes to rest",
        ),
        Mistake(
            "momentum_ignored",
            (" / (1 - momentum)", ""),
            "You have left the momentum out: what is kept of earlier velocities adds up.",
            "Where each way comes to rest",
        ),
        Mistake(
            "sign_lost",
            ("1 - momentum", "1 + momentum"),
            "A sign is lost: under a steady gradient the old velocity points the same way as the new one.",
            "Where each way comes to rest",
        ),
        Mistake(
            "exchanged",
            ("lr * (1 - dampening) / (1 - momentum)", "lr * (1 - momentum) / (1 - dampening)"),
            "Momentum and dampening are exchanged. One keeps old velocities, the other shortens new gradients.",
            "Where each way comes to rest",
        ),
        Mistake(
            "dampening_itself",
            ("(1 - dampening)", "dampening"),
            "You multiply by d. The share that is left of a gradient is 1 - d.",
            "Where each way comes to rest",
        ),
        Mistake(
            "plain_rate",
            ("lr * (1 - dampening) / (1 - momentum)", "lr"),
            "This is the learning rate. It is right only if dampening and momentum take each other away.",
            "Where each way comes to rest",
            credit=0.0,
        ),
    ],
)
