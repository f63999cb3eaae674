"""What must be true of a bucket after every commit, read from its rows alone."""

from collections.abc import Iterable
from datetime import datetime

from notifications.storage.table import Row, Table


def astray(rows: Iterable[Row]) -> set[str]:
    """Wake-ups that are missing, left over, or say another thing than their shipment (protocol, I1)."""
    shall: set[str] = set()
    there: set[str] = set()
    for row in rows:
        if row.key.startswith("2|"):
            there.add(_told(row.key, row))
        elif row.key.startswith("o|") and row.key.count("|") == 2:
            due = datetime.fromisoformat(str(row.properties["due"]))
            digits = f"{due:%Y%m%d%H%M%S}{due.microsecond // 1000:03}"
            assert due.microsecond % 1000 == 0, "a due time that its row key cannot hold"
            shall.add(_told(f"2|{digits}{row.key[1:]}", row))
    return shall ^ there


def _told(key: str, row: Row) -> str:
    return " ".join((key, str(row.properties["creator"]), str(row.properties["wants"])))


async def all_rows(table: Table, partition: str) -> list[Row]:
    """Every row of a partition."""
    return await table.read(partition, " ", "~", limit=100_000)
