"""A GPU's algorithms that repeat, on a machine that need not have one."""

from __future__ import annotations

import os

import pytest

from aisle.neural.training import exclusive
from aisle.neural.training.repeatable import repeatable

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


def state() -> tuple[object, ...]:
    cudnn = torch.backends.cudnn
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        cudnn.deterministic,
        cudnn.benchmark,
        os.environ.get(WORKSPACE),
    )


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WORKSPACE, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


@pytest.mark.usefixtures("gpu")
def test_with_a_gpu_a_training_repeats_and_leaves_settings_as_they_were() -> None:
    torch.backends.cudnn.benchmark = True
    before = state()
    try:
        with exclusive(0):
            assert state() == (True, True, True, False, ":4096:8")
            with exclusive(1):
                assert state()[0]
            assert state()[0], "the outer training goes on"
        assert state() == before
        with pytest.raises(ValueError, match="diverged"), repeatable():
            raise ValueError("diverged")
        assert state() == before
    finally:
        torch.backends.cudnn.benchmark = False


@pytest.mark.usefixtures("gpu")
def test_a_workspace_that_the_user_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKSPACE, ":16:8")
    with repeatable():
        assert os.environ[WORKSPACE] == ":16:8"
    assert os.environ[WORKSPACE] == ":16:8"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_one_nothing_is_changed() -> None:
    before = state()
    with exclusive(0):
        assert state() == before
