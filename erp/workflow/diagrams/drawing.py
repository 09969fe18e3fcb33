"""The drawing as people see it: names in the reader's language, everything else as published."""

from __future__ import annotations

from lxml import etree

from erp.access import role_name
from erp.i18n import _
from erp.workflow.diagrams.diagram import BPMN, read_root


def in_words(bpmn: bytes) -> bytes:
    """The BPMN file with the names of its elements, flows and lanes translated."""
    root = read_root(bpmn)
    for node in root.iter(f"{BPMN}*"):
        if name := " ".join((node.get("name") or "").split()):
            node.set("name", role_name(name) if node.tag == f"{BPMN}lane" else _(name))
        elif node.tag == f"{BPMN}text" and node.text:
            node.text = _(node.text.strip())
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)
