"""What a training can be told: momentum's course, readings, immutability."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sl1lib import MOMENTUM_READINGS, READINGS, MomentumRamp, Penalty
from sl1lib.readings import find_reading

momenta = st.floats(0, 0.99)


@given(momenta, momenta, st.integers(1, 100), st.integers(0, 200))
def test_the_ramp_is_a_line_and_then_flat(start, end, updates, update):
    ramp = MomentumRamp(start, end, updates)
    assert ramp.at(update) == pytest.approx(start + (end - start) * min(update / updates, 1))
    assert ramp.at(0) == start
    assert ramp.at(updates) == end


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ramp", [0.0, 0.1, 0.19, 0.2, 0.2]),
        ("rise", [0.2, 0.55, 0.865, 0.9, 0.9]),
        ("switch", [0.5, 0.5, 0.5, 0.9, 0.9]),
        ("constant", [0.2] * 5),
        ("none", [0.0] * 5),
    ],
)
def test_the_readings_of_the_papers_momentum(name, values):
    assert [MOMENTUM_READINGS[name].at(update) for update in (0, 10, 19, 20, 1000)] == pytest.approx(values)


def test_the_default_is_the_papers():
    assert MomentumRamp() == MOMENTUM_READINGS["ramp"] == MomentumRamp(start=0.0, end=0.2, updates=20)
    assert (Penalty(1.0).profile, Penalty(1.0).grouping, Penalty(1.0).step) == ("huber", "node", "gradient")


def test_the_readings_of_the_papers_network():
    assert list(READINGS) == ["table", "text"]
    assert (READINGS["table"].activation, READINGS["table"].pool_first) == ("relu", True)
    assert (READINGS["text"].activation, READINGS["text"].pool_first) == ("sigmoid", False)
    for name, reading in READINGS.items():
        assert find_reading(name) is reading
        assert find_reading(reading) is reading
        assert find_reading(f"{name}+relu-logits") == reading.with_relu_logits()


@pytest.mark.parametrize(
    ("settings", "field"), [(Penalty(1.0), "eps"), (MomentumRamp(), "end"), (READINGS["text"], "name")]
)
def test_settings_cannot_be_changed_after_they_were_checked(settings, field):
    with pytest.raises(FrozenInstanceError):
        setattr(settings, field, -1)
    with pytest.raises(TypeError):
        READINGS["mine"] = READINGS["text"]
