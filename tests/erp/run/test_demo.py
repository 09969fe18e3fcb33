"""Every part of the demo company can be told in the same way: a name taken from elsewhere is not mistaken for a part."""

from __future__ import annotations

from inspect import signature

import pytest

from erp import config, plugins

PARTS = {
    name: plugin.modules["demo"]
    for name, plugin in plugins.load(config.from_env()).loaded.items()
    if "demo" in plugin.modules
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_told_by_a_stage_and_begun_by_nothing(name: str):
    part = PARTS[name]
    assert {"TYPE", "ANSWERS", "load"} <= set(vars(part))
    signature(part.load).bind(object(), object())
    if hasattr(part, "begin"):
        assert part.begin.__module__ == part.__name__
        signature(part.begin).bind()
