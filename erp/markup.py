"""XML that somebody sent, read without following anything out of it and without letting it grow."""

from __future__ import annotations

from lxml import etree

from erp.errors import Invalid
from erp.i18n import _

MAX_BYTES = 4 * 1024 * 1024


def root(xml: bytes, refused: type[Invalid]) -> etree._Element:
    """The root of a file, comments left out; raises `refused` for what is no XML, over 4 MB, deep, or has a DTD."""
    if len(xml) > MAX_BYTES:
        raise refused(_("This file is larger than 4 MB."))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        found = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if getattr(error, "code", 0) == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            # the parser's own sentence names switches of a C library
            raise refused(_("This file is nested too deeply, or unfolds into far more than it is.")) from error
        raise refused(_("This file is not XML: %(reason)s", reason=str(error))) from error
    if found is None:
        raise refused(_("This file is empty."))
    if found.getroottree().docinfo.doctype:  # type: ignore[union-attr] # the stubs know less than the library
        raise refused(_("This file may not hold a document type or entities."))
    return found
