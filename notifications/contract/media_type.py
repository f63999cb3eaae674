"""Which request bodies are taken for JSON (http-contract.md section 1.4)."""

from email.message import Message


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type header says `application/json`, in UTF-8 where it names a character set."""
    message = Message()
    message["Content-Type"] = (content_type or "").replace("\r", "").replace("\n", "")
    charset = str(message.get_param("charset", "utf-8")).lower()
    # Message answers text/plain when the header is malformed or missing
    return message.get_content_type() == "application/json" and charset in {"utf-8", "utf8"}
