"""The networks of a study, pruned and measured.

Every choice is made on validation images: of a count, of a strength, of a network. The test images are used for
networks that were trained to be measured there, and once for those that were chosen and what they are compared with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..._output import bar
from ...architecture import NODES, NODES_PER_MAP
from ...clock import processor_name
from ...data import DataError, Dataset, load_data
from ...errors import require_choice, unexpected
from ...pruning import Pruned, Size, fine_tune
from ...training import Run
from ...training.images import Images
from ...training.run import provenance
from ..evidence import load_evidence
from ..layout import Layout
from ..record import Record
from ..store import Store, StoreError
from ..table import Table, table_of
from ..worker import Clock
from .experiment import Experiment
from .pruning_rules import RULES, TOLERANCES
from .removals import Removals, counted_in, onnx_differences, prune_again, stored_run, switched_off

if TYPE_CHECKING:
    from ..results import Results

PLAIN, OURS, RIVAL = "none", "SL1", "group lasso proximal"
# How many nodes, and how many maps, are removed where a curve has a point.
NODE_GRID: Final = (*range(0, NODES, 8), 188, 190, 191)
MAP_GRID: Final = tuple(range(NODES // NODES_PER_MAP))
TUNED_METHODS: Final = ("SL1", "SL1 map-wise")
TUNED_FACTORS: Final = (31.6, 100.0)
TUNING_EPOCHS: Final = 2
TOGETHER: Final = 10  # fine-tuned side by side: more share little more
SCOPES: Final = ("any penalty", "node-wise")
_Network = tuple[dict[str, Any], Record]  # what all its rows have in common, and what is stored of it


class PrunedNetworks(Experiment):
    """The networks that a study has kept, pruned.

    A table has a row for each pruned network. ``kind`` says how it was pruned:

    ``"threshold"``
        What is shorter than ε; after proximal steps, what is exactly 0.
    ``"count"``
        A number of the shortest: points of a curve.
    ``"matched"``
        As many nodes as SL1 with the same seed loses at ε; ``target`` is SL1's strength.
    ``"within"``
        As many as go with an error at most ``target`` above that of the seed's best network. On validation images only.
    ``"tuned"``
        What is shorter than ε; then 2 more epochs of training.
    ``"chosen"``, ``"chosen, tuned"``
        For each seed, of the networks of ``"within"`` the one with the fewest multiply-adds: on the test images.
        ``target`` says among which penalties: any, or all that are counted by nodes (``grouping``).
    ``"best"``
        For each seed the network that ``"within"`` is measured by, the one with the smallest error on validation
        images: the full network, on the test images, nothing pruned.

    ``nodes``, ``maps``, ``parameters`` and ``multiply_adds`` are what is left. ``error_before``, ``E0_before`` are the
    full network's, ``error``, ``E0`` the pruned one's; ``error_unfolded`` is the error with nothing folded into the
    bias. ``images`` says of which images. ``onnx_differ`` counts the test images that ONNX Runtime answers otherwise.
    """

    def measure(self, results: Results, progress: bool = True, data: Dataset | None = None) -> Table:
        """Prune the networks that a study has kept, and measure what is left of them; None loads their own data.

        Stages that are not complete give no rows. The rows of a stage whose networks, and the software, data and
        processor, are those of the evidence that is there are taken from it.
        """
        store, study = results.store, results.study
        table = kept_networks(results.layout)
        if not len(table):
            why = f"has no network of study {study.name!r}"
            raise StoreError(store.folder, why, f"run `sl1 study run {study.name}`")
        data = load_data(str(table["data"][0])) if data is None else data
        _require_same(data, table, store)
        facts = provenance("cpu", data.digest) | {"processor": processor_name(), "study": study.name}
        earlier = self._earlier(store, facts)
        rows: list[dict[str, Any]] = []
        stages: dict[str, Any] = {}
        for (name,), part in table.groups("stage"):
            known, clock = earlier.provenance.get("stages", {}).get(name, {}), Clock()
            if known.get("networks_sha256") == networks_digest(part):
                rows += earlier.where(stage=name).rows()
            else:
                rows += _rows_of_stage(part, data, progress)
                known = {"networks_sha256": networks_digest(part)} | clock.facts()
            stages[name] = known
        more = {"networks": len(table), "networks_sha256": networks_digest(table), "stages": stages}
        return Table.of_rows(rows, name=self.name, provenance=facts | more)

    def is_current(self, table: Table, results: Results) -> bool:
        """Return whether a table comes from the very networks that there are now: none added, removed, trained anew."""
        return bool(table.provenance.get("networks_sha256") == networks_digest(kept_networks(results.layout)))

    def _earlier(self, store: Store, facts: Mapping[str, str]) -> Table:
        """Return the evidence that is there, if it was made with the same software, data and processor; else none."""
        try:
            found = load_evidence(store.folder, self.name)
        except StoreError:
            return Table({})
        same = all(found.provenance.get(name) == value for name, value in facts.items() if name != "threads")
        return found if same else Table({})


PRUNING: Final = PrunedNetworks("pruning", RULES)


def _rows_of_stage(table: Table, data: Dataset, progress: bool) -> list[dict[str, Any]]:
    networks = [(_about(row, record), record) for row, record in zip(table.rows(), table.records, strict=True)]
    rows: list[dict[str, Any]] = []
    prepared: dict[Any, Images] = {}
    for about, record in bar(
        networks, desc=f"pruning, {table['stage'][0]}", unit="network", leave=False, shown=progress
    ):
        config = record.config
        split = (config.validation, config.n_train, config.n_train and config.seed)
        if split not in prepared:
            prepared[split] = Images.prepare(data, config)
        rows += _rows_of(about, Removals.of(record, prepared[split]), networks)
    return [*rows, *_tuned_rows(networks, data), *_chosen_rows(rows, networks, data), *_best_rows(networks, data)]


def kept_networks(layout: Layout) -> Table:
    """Return the trainings of a study whose networks are pruned here.

    Those of complete stages that keep parameters: all of a stage that goes through strengths; of the others the
    unpenalised network, SL1, and the proximal group lasso. Half a stage would compare seeds with other seeds.
    """
    store, cells = layout.store, []
    for stage in layout.study.stages:
        there = layout.cells.get(stage.name, [])
        if not stage.keep_params or not all(store.has(cell.key, params=True) for cell in there):
            continue
        wanted = stage.methods if stage.scale else (PLAIN, OURS, RIVAL)
        cells += [each for each in there if each.method in wanted and not store.records[each.key].diverged]
    return table_of(cells, store)


def _rows_of(about: Mapping[str, Any], network: Removals, networks: Sequence[_Network]) -> Iterator[dict[str, Any]]:
    """Prune one network in all ways but those that train or choose."""
    beside = [(other, record) for other, record in networks if other["seed"] == about["seed"]]
    before = network.after(np.zeros(NODES, dtype=bool))

    def row(kind: str, removed: np.ndarray, target: str = "") -> dict[str, Any]:
        entries = _entries(kind, target, network.size(removed), before, network.after(removed))
        return {**about, **entries, "error_unfolded": network.after(removed, fold=False)[1]}

    yield row("threshold", _switched_off(network.record))
    for count in NODE_GRID if network.unit == 1 else MAP_GRID:
        yield row("count", network.shortest(count))
    for strength, count in _matched(about, beside):
        yield row("matched", network.shortest(count), f"{strength:g}")
    if about["images"] == "validation":
        best = min(record.held_out_error for _, record in beside)
        for tolerance in TOLERANCES:
            most = network.most_within(best + tolerance)
            if most is not None:
                yield row("within", network.shortest(most), f"{tolerance:g}")


def _about(row: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """Return the entries that all rows of a network have in common."""
    about = {name: row[name] for name in ("stage", "method", "reading", "seed", "strength", "eps", "key")}
    return about | {
        "factor": row.get("strength_factor", np.nan),
        "grouping": counted_in(record.config),
        "images": "validation" if record.config.validation else "test",
    }


def _entries(
    kind: str, target: str, size: Size, before: tuple[float, float], after: tuple[float, float]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "target": target,
        "nodes": size.nodes,
        "maps": size.maps2,
        "parameters": size.parameters,
        "multiply_adds": size.multiply_adds,
        "error_before": before[1],
        "error": after[1],
        "error_unfolded": np.nan,
        "E0_before": round(before[0], 6),
        "E0": round(after[0], 6),
        "onnx_differ": np.nan,
    }


def _matched(about: Mapping[str, Any], beside: Sequence[_Network]) -> Iterator[tuple[float, int]]:
    """Yield SL1's strength, and how many nodes it loses at ε, for the trainings that a rival is compared with."""
    for other, record in beside if about["method"] in (PLAIN, RIVAL) else ():
        alike = about["method"] == PLAIN or np.isnan(other["factor"]) or other["factor"] == about["factor"]
        if other["method"] == OURS and alike:
            yield other["strength"], int(_switched_off(record).sum())


def _switched_off(record: Record | Run) -> np.ndarray:
    return switched_off(record.params["U"], record.config)


def _tuned_rows(networks: Sequence[_Network], data: Dataset) -> Iterator[dict[str, Any]]:
    """Prune at ε, train further, and measure on validation images."""
    chosen = [
        (about, record)
        for about, record in networks
        if about["method"] in TUNED_METHODS and about["factor"] in TUNED_FACTORS and about["images"] == "validation"
    ]
    pruned = [prune_again({"kind": "tuned"}, _run(record, data), data) for _, record in chosen]
    for (about, _), tuned in zip(chosen, _tune(pruned, data), strict=True):
        before, after = ((score.E0, score.error) for score in (tuned.report.scores[0], tuned.report.scores[-1]))
        yield about | _entries("tuned", "", tuned.report.after, before, after)


def _tune(pruned: Sequence[Pruned], data: Dataset) -> list[Pruned]:
    parts = [pruned[first : first + TOGETHER] for first in range(0, len(pruned), TOGETHER)]
    return [each for part in parts for each in fine_tune(part, TUNING_EPOCHS, data=data)]


def _chosen_rows(
    rows: Sequence[Mapping[str, Any]], networks: Sequence[_Network], data: Dataset
) -> Iterator[dict[str, Any]]:
    """Measure on the test images what was chosen on the validation images, seed by seed."""
    runs = {about["key"]: _run(record, data) for about, record in networks}
    chosen = [(scope, row) for scope in SCOPES for row in cheapest_by_seed(rows, scope)]
    pruned = [prune_again(row, runs[row["key"]], data) for _, row in chosen]
    test = (data.x_test, data.y_test)
    for kind, smaller in (("chosen", pruned), ("chosen, tuned", _tune(pruned, data))):
        for (scope, row), each in zip(chosen, smaller, strict=True):
            entries = _entries(kind, scope, each.report.after, runs[row["key"]].evaluate(*test), each.evaluate(*test))
            yield {**row, **entries, "images": "test", "onnx_differ": onnx_differences(each, data.x_test)}


def _best_rows(networks: Sequence[_Network], data: Dataset) -> Iterator[dict[str, Any]]:
    """Measure each seed's best network on the test images: what was chosen owes its errors to pruning only beside it.

    Where trainings were measured on the test images themselves, there is no choice and no row.
    """
    validated = [(about, record) for about, record in networks if about["images"] == "validation"]
    for seed in sorted({about["seed"] for about, _ in validated}):
        of_seed = [(about, record) for about, record in validated if about["seed"] == seed]
        about, record = min(of_seed, key=lambda network: network[1].held_out_error)
        run = _run(record, data)
        score = run.evaluate(data.x_test, data.y_test)
        yield about | _entries("best", "", Size.of(run.params), score, score) | {"images": "test"}


def cheapest_by_seed(rows: Sequence[Mapping[str, Any]], scope: str) -> list[Mapping[str, Any]]:
    """Return for each seed the row with the fewest multiply-adds that is within 0.1 points; of equals, the more exact.

    The scope ``"node-wise"`` has all that is counted by nodes: also weight-wise penalties, and none.
    """
    require_choice("scope", scope, SCOPES)
    within = [row for row in rows if row["kind"] == "within" and row["target"] == f"{TOLERANCES[0]:g}"]
    allowed = [row for row in within if scope == "any penalty" or row["grouping"] == "node"]
    allowed.sort(key=lambda row: (row["multiply_adds"], row["error"]))
    return [next(row for row in allowed if row["seed"] == seed) for seed in sorted({row["seed"] for row in allowed})]


def curve(table: Table, column: str = "error", **where: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes left (P,), from 192 down, and a quantity against them (seeds, P).

    Those are the rows of ``"count"`` of one stage, method and factor, which ``where`` chooses. The seeds must have the
    same counts.
    """
    rows = table.where(kind="count", **where)
    by_seed = [rows.where(seed=seed) for seed in np.unique(rows["seed"])]
    counts = [part["nodes"].tolist() for part in by_seed]
    if not counts or any(each != counts[0] for each in counts) or len(set(counts[0])) < len(counts[0]):
        found = "none" if not counts else [len(each) for each in counts]
        raise unexpected(f"the counts of {where}", found, "each seed must have the same, each once")
    return by_seed[0]["nodes"], np.stack([part[column] for part in by_seed])


def _run(record: Record, data: Dataset) -> Run:
    return stored_run(record, record.config.data, data.digest)


def _require_same(data: Dataset, table: Table, store: Store) -> None:
    for record in table.records:
        expected = store.batches[store.batch_of[record.key]]["data_sha256"]
        if expected != data.digest:
            raise DataError(
                data.name,
                f"has SHA-256 {data.digest[:12]}…; training {record.key} was given {expected[:12]}…",
                "pass the right Dataset as data=",
            )


def networks_digest(table: Table) -> str:
    """Return a hash over the networks: which trainings of which stages, and their final parameters to the bit."""
    stages = table["stage"] if len(table) else ()
    lines = [f"{stage} {each.key} {each.fingerprint}" for stage, each in zip(stages, table.records, strict=True)]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
