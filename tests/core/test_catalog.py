"""The catalogue that ships."""

import re

import pytest

from streaming.machine.catalog import ModelUnknown, catalogue, known


def test_every_file_has_a_whole_hash_and_its_parts_come_from_the_packages_named() -> None:
    for model in catalogue().values():
        owners = {package.partition("==")[0].replace("-", "_") for package in model.packages}
        for file in model.files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256), file.name
            folders = {part.partition("/")[0] for part in file.parts}
            assert all(any(f"{owner}_".startswith(f"{folder}_") for owner in owners) for folder in folders), (
                file.name
            )


def test_every_package_and_repository_is_pinned() -> None:
    for model in catalogue().values():
        assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", package) for package in model.packages), model.name
        assert model.hub is None or re.fullmatch(r"[0-9a-f]{40}", model.hub.revision), model.name


def test_a_reference_is_the_name_and_sixteen_digits_of_the_hash() -> None:
    assert catalogue()["base"].ref == "base@d01c3014881c9c6f"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelUnknown, match=r"did you mean 'tiny\.en'"):
        known(catalogue(), "tiny")
    with pytest.raises(ModelUnknown, match="known are base"):
        known(catalogue(), "zzz")
