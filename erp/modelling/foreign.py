"""What a file brings along that nothing here reads: it is kept, and told element by element."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from erp.workflow.diagrams.diagram import BPMN, BPMNDI, SPIFF

SPACES = ("http://www.omg.org/spec/BPMN/", "http://www.omg.org/spec/DD/", "http://bpmn.io/schema/",
          "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace")  # fmt: skip
"""Namespaces of the drawing itself: how it looks, in which colours."""
READ = frozenset(f"{SPIFF}{name}" for name in (
    "properties", "property", "serviceTaskOperator", "parameters", "parameter", "calledDecisionId",
    "preScript", "postScript",
))  # fmt: skip
UNREAD = frozenset(f"{BPMN}{name}" for name in (
    "auditing", "monitoring", "ioSpecification", "performer", "humanPerformer", "potentialOwner", "resourceRole",
))  # fmt: skip
"""What BPMN knows and the engine does not ask for."""
HOLDERS = (f"{BPMN}extensionElements", *UNREAD)


def foreign(root: etree._Element) -> dict[str, list[str]]:
    """{id of an element: names of what is kept of it and read by nobody}; "" for the file as a whole."""
    found: dict[str, list[str]] = {}
    for node in root.iter(etree.Element):
        if str(node.tag).startswith(BPMNDI):
            continue
        for name in _names(node):
            names = found.setdefault(_owner(node), [])
            if name not in names:
                names.append(name)
    return found


def pools(root: etree._Element, own: str) -> list[str]:
    """Ids of the pools that draw what happens outside: nothing in them runs."""
    participants = root.iter(f"{BPMN}participant")
    return [each.get("id", "") for each in participants if each.get("processRef") != own]


def _names(node: etree._Element) -> Iterator[str]:
    tag, parent = str(node.tag), node.getparent()
    is_strange = not tag.startswith(BPMN) and not tag.startswith(tuple(f"{{{space}" for space in SPACES))
    is_top = parent is not None and (parent.tag == f"{BPMN}extensionElements" or str(parent.tag).startswith(BPMN))
    if tag in UNREAD or (is_strange and is_top and tag not in READ):
        yield _called(node, tag)
    if is_strange:
        return
    for name in node.attrib:
        if str(name).startswith("{") and not str(name).startswith(tuple(f"{{{space}" for space in SPACES)):
            yield _called(node, str(name))


def _called(node: etree._Element, name: str) -> str:
    """A name with the prefix the file gives its namespace."""
    found = etree.QName(name)
    prefix = next((short for short, space in node.nsmap.items() if space == found.namespace and short), "")
    return f"{prefix}:{found.localname}" if prefix and found.namespace != BPMN[1:-1] else found.localname


def _owner(node: etree._Element) -> str:
    """Id of the element something belongs to."""
    at: etree._Element | None = node
    while at is not None:
        is_own = str(at.tag).startswith(BPMN) and at.tag not in HOLDERS
        if is_own and at.get("id") and at.tag != f"{BPMN}definitions" and not _is_within(at):
            return str(at.get("id"))
        at = at.getparent()
    return ""


def _is_within(node: etree._Element) -> bool:
    """Whether a node is a part of an element, as its timer is."""
    parent = node.getparent()
    return parent is not None and (parent.tag in HOLDERS or str(node.tag).endswith("EventDefinition"))
