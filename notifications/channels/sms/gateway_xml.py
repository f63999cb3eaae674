"""The gateway's XML. Read: a DOCTYPE is allowed, since it sends one; entities and anything external are not.

Written: every character beyond ASCII is a character reference, so no declaration, header or proxy can misread it.
"""

from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.ElementTree import fromstring


def read_xml(body: bytes) -> Element | None:
    """The root element, or None for what is not well-formed, or tries to be clever."""
    try:
        root: Element = fromstring(body.strip())
    except (ParseError, ValueError, LookupError):
        return None
    return root


def field_text(parent: Element | None, tag: str) -> str | None:
    """A child's text without the blanks around it; None when the child is missing or empty."""
    child = None if parent is None else parent.find(tag)
    text = (child.text or "").strip() if child is not None else ""
    return text or None


def write_xml(root: Element) -> bytes:
    """The document, declared as the ISO-8859-1 that the gateway documents, in ASCII."""
    content: bytes = tostring(root, encoding="us-ascii", xml_declaration=False)
    return b'<?xml version="1.0" encoding="iso-8859-1"?>\n' + content
