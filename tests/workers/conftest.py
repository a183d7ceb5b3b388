"""What several tests of the workers need: translators of toy size, made once for each file of tests."""

import pytest


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Family -> folder of a tiny translator of it."""
    import torch

    from tests.workers.tiny_translators import BUILDERS

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("translators")
    return {name: str(build(folder / name)) for name, build in BUILDERS.items()}
