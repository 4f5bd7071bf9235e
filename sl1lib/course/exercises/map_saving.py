"""How many multiply-adds a map costs."""

from ..exercise import Exercise, Mistake


def map_saving(maps, kernel, places, classes):
    return maps * kernel**2 * places + classes * places / 4


EXERCISE = Exercise(
    map_saving,
    "What a map of layer 2 saves",
    chapter="pruning",
    level="derivation",
    minutes=10,
    task=(
        "A map of layer 2 is made by a filter with a square kernel of `kernel` rows for each of the `maps` maps of "
        "layer 1, at `places` places. Pooled over blocks of 2×2 it gives a quarter as many nodes, and each node is "
        "multiplied by a weight for each of the `classes` classes. Return the multiply-adds that go with the map."
    ),
    equations=["eq-prune-map-saving"],
    cases=[
        ("the network: 9,760", (6.0, 5.0, 64.0, 10.0)),
        ("one map, one class", (1.0, 3.0, 4.0, 1.0)),
        ("a kernel of one number", (2.0, 1.0, 16.0, 10.0)),
    ],
    inputs=lambda draw, n: (
        float(draw.count(1, 8)),
        float(draw.count(2, 7)),
        float(4 * draw.count(2, 20)),
        float(draw.count(2, 12)),
    ),
    sizes={"n": (1,)},
    hints=[
        "Two parts: the filter's products, and those of the weights behind the nodes.",
        "At each place the filter makes kernel² products for each map of layer 1.",
        "There are places/4 nodes, with one product for each class.",
    ],
    mistakes=[
        Mistake(
            "last_layer_forgotten",
            (" + classes * places / 4", ""),
            "You have forgotten the weights that leave the map's nodes. They go with the map.",
            "What it saves",
        ),
        Mistake(
            "not_pooled",
            ("places / 4", "places"),
            "You give the map a node for each place. Pooling leaves one for each block of four.",
            "What it saves",
        ),
        Mistake(
            "kernel_not_squared",
            ("kernel**2", "kernel"),
            "A kernel has rows and columns: its entries are the square of its rows.",
            "What it saves",
        ),
        Mistake(
            "one_kernel",
            ("maps * kernel", "kernel"),
            "You count one kernel. The filter has one for each map of layer 1, and their results are added.",
            "What it saves",
        ),
        Mistake(
            "weights_counted",
            (" * places + classes", " + classes"),
            "You count the filter's weights. Each is used once at every place.",
            "What it saves",
        ),
        Mistake(
            "one_class",
            ("classes * places / 4", "places / 4"),
            "Each node is multiplied once. It has a weight for each class.",
            "What it saves",
        ),
    ],
)
