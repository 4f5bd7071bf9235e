"""The images of a cohort of trainings, on its device."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..data import Dataset
from ..errors import unexpected
from .config import RunConfig


@dataclass(frozen=True)
class Images:
    """Images as grey levels ``(N, 1, 28, 28)`` and their labels, on the device of a cohort."""

    x: torch.Tensor
    labels: torch.Tensor
    x_held_out: torch.Tensor
    labels_held_out: torch.Tensor
    name: str

    @classmethod
    def prepare(cls, data: Dataset, config: RunConfig) -> Images:
        """Set aside what is measured on, draw the subset, and bring both to the device."""
        # The validation images are the same for every seed of a study; the subset is drawn by the seed.
        data = data.split(config.validation) if config.validation else data
        data = data.subset(config.n_train, config.seed) if config.n_train is not None else data
        device = find_device(config.device)
        return cls(
            torch.tensor(data.x_train, device=device).unsqueeze(1),
            torch.tensor(data.y_train, device=device),
            torch.tensor(data.x_test, device=device).unsqueeze(1),
            torch.tensor(data.y_test, device=device),
            data.name,
        )


def find_device(name: str) -> torch.device:
    """Return the device if it can hold a number and give it back."""
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:  # PyTorch raises either, by device and build
        there = "'cpu', 'cuda'" if torch.cuda.is_available() else "'cpu'"
        raise unexpected("device", name, f"this machine has {there}") from error
    return device
