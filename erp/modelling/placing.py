"""Where two drawings differ as drawings: what was put elsewhere, and where what is gone stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from erp.modelling.checking import label
from erp.workflow.diagrams.diagram import BPMN, BPMNDI, DiagramInvalid, parse, read_root

DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"
Points = tuple[float, ...]


@dataclass(frozen=True)
class Placed:
    """What a browser draws over the newer drawing."""

    moved: Mapping[str, str] = field(default_factory=dict)
    """{id: what people call it} of what stays and is drawn elsewhere."""
    gone: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """{id: x, y, width and height} of shapes that are not there any more."""
    cut: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """{id: x and y of each bend} of ways that are not there any more."""


def placed(before: bytes | None, after: bytes) -> Placed:
    """What is drawn elsewhere or is gone; nothing where one of them cannot be read."""
    if before is None:
        return Placed()
    try:
        diagram, old, new = parse(after), read_root(before), read_root(after)
    except DiagramInvalid:
        return Placed()
    stood, stands = shapes(old), shapes(new)
    went, goes = ways(old), ways(new)
    moved = [id_ for id_ in stood if id_ in diagram.elements and stands.get(id_, stood[id_]) != stood[id_]]
    return Placed(
        {id_: label(diagram, id_) for id_ in moved},
        {id_: box for id_, box in stood.items() if id_ not in stands},
        {id_: bends for id_, bends in went.items() if id_ not in goes},
    )


def shapes(root: etree._Element) -> dict[str, Points]:
    """{id: x, y, width and height} of everything drawn as a shape, lanes left out."""
    lanes = {node.get("id") for node in root.iter(f"{BPMN}lane", f"{BPMN}participant")}
    found = {}
    for shape in root.iter(f"{BPMNDI}BPMNShape"):
        id_, bounds = shape.get("bpmnElement", ""), shape.find(f"{DC}Bounds")
        if bounds is not None and id_ not in lanes:
            found[id_] = tuple(_number(bounds.get(name)) for name in ("x", "y", "width", "height"))
    return found


def ways(root: etree._Element) -> dict[str, Points]:
    """{id: x and y of each bend} of everything drawn as a way."""
    return {
        edge.get("bpmnElement", ""): tuple(
            _number(point.get(name)) for point in edge.findall(f"{DI}waypoint") for name in ("x", "y")
        )
        for edge in root.iter(f"{BPMNDI}BPMNEdge")
    }


def _number(text: str | None) -> float:
    try:
        return round(float(text or 0), 1)
    except ValueError:
        return 0.0
