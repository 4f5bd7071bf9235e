"""What is noted of a call: which arguments it changed."""

import numpy as np
import pytest
import torch

from sl1lib.course.calling import call

NAN = float("nan")
MISSING = (NAN, [1.0, NAN], {"a": NAN}, np.array([NAN, 1.0]), np.array([NAN + 1j]), torch.tensor([NAN, 1.0]), np.nan)


@pytest.mark.parametrize("argument", MISSING, ids=lambda value: type(value).__name__)
def test_a_missing_number_that_stays_is_not_changed(argument):
    assert call(lambda a: None, [argument]).changed == []


@pytest.mark.parametrize("argument", [[NAN], {0: NAN}, np.array([NAN]), torch.tensor([NAN])], ids=repr)
def test_a_missing_number_that_is_filled_in_is_changed(argument):
    def fill(a):
        a[0] = 1.0

    assert call(fill, [argument]).changed == [0]
