"""What is read back from logs and records is what was written."""

from pathlib import Path

from benchmarks.journals import HostLog
from benchmarks.memory import resident
from benchmarks.transactions import Transaction, line_of, read_transactions
from notifications.storage.table import Delete, Insert, Operation


def test_a_transaction_is_read_as_it_was_written() -> None:
    operations: list[Operation] = [Insert("o|1", {"packed": b"12345", "live": 2}), Delete("2|1", "x")]
    wanted = Transaction("orders", "0b", (("insert", 16), ("delete", 3)))
    assert read_transactions([line_of("orders", "0b", operations)]) == [wanted]


def test_the_host_log_tells_when_shipments_were_published_and_what_went_wrong(tmp_path: Path) -> None:
    path = tmp_path / "host.log"
    path.write_text(
        "[2027-01-15T08:00:00.000Z] shipment.published shipment=abc status=Order_Completed\n"
        "[2027-01-15T08:00:00.001Z] Executed 'Functions.release' (Failed, Id=1, Duration=3ms)\n"
        "[2027-01-15T08:00:00.002Z] message.failed queue=send-email error=ValueError\n"
        "[2027-01-15T08:00:00.003Z] shipment.pub"
    )
    log = HostLog(path)
    log.read()
    assert log.published == {"abc": 1_800_000_000.0}
    assert log.wrong == {"failed invocations": 1, "message.failed": 1}
    with path.open("a") as file:
        file.write("lished shipment=def status=Order_Completed\n")
    log.read()
    assert set(log.published) == {"abc", "def"}


def test_memory_of_a_process_that_is_gone_is_not_known() -> None:
    assert resident(2**22 + 1) is None
