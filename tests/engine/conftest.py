"""What all tests of the engines share."""

import pytest
from support import has_compiled_loops

from sl1lib.engine import CompiledEngine, Engine


@pytest.fixture(
    params=[
        Engine,
        pytest.param(
            CompiledEngine, marks=pytest.mark.skipif(not has_compiled_loops(), reason="there is no C compiler")
        ),
    ],
    ids=lambda engine: engine.__name__,
)
def every_engine(request, monkeypatch):
    """Let each test of a module whose ``Engine`` this stands for run with every engine."""
    if request.param is CompiledEngine and "cuda" in request.node.callspec.params.values():
        pytest.skip("it runs on a CPU")
    monkeypatch.setattr(request.module, "Engine", request.param)
    return request.param
