"""Operations that need not be applied together are cut into transactions that a table takes."""

import pytest

from notifications.storage.batch import MAX_BYTES, slices, wire_size
from notifications.storage.table import MAX_OPERATIONS, Delete, Operation, Upsert


def upserts(count: int, size: int) -> list[Operation]:
    return [Upsert(f"{number}", {"data": bytes(size)}) for number in range(count)]


@pytest.mark.parametrize(
    ("operations", "lengths"),
    [
        ([], []),
        (upserts(1, 0), [1]),
        (upserts(250, 10), [100, 100, 50]),
        (upserts(5, 1_200_000), [2, 2, 1]),
        (upserts(2, 4_000_000), [1, 1]),
        ([Delete(f"{number}") for number in range(101)], [100, 1]),
    ],
)
def test_slices_hold_as_much_as_fits_in_their_order(operations: list[Operation], lengths: list[int]) -> None:
    cut = list(slices(iter(operations)))
    assert [len(each) for each in cut] == lengths
    assert [operation for each in cut for operation in each] == operations
    for each in cut:
        assert len(each) <= MAX_OPERATIONS
        assert len(each) == 1 or sum(map(wire_size, each)) <= MAX_BYTES
