"""Calls are told apart by Azurite's own log lines, as it writes them."""

from benchmarks import access_log as kinds
from benchmarks.access_log import count_queue_calls, count_table_calls, read_calls


def line(request: str, status: int = 200) -> str:
    return f'127.0.0.1 - - [21/Nov/2026:08:35:31 +0000] "{request} HTTP/1.1" {status} -'


def receive(queue: str = "send-email") -> str:
    return line(f"GET /devstoreaccount1/{queue}/messages?numofmessages=16&visibilitytimeout=600")


def put(queue: str = "send-email") -> str:
    return line(f"POST /devstoreaccount1/{queue}/messages?messagettl=-1", 201)


def test_lines_that_are_no_requests_are_passed_over() -> None:
    assert read_calls(["Azurite Table service successfully started on 127.0.0.1:26114", ""]) == []


def test_a_transaction_is_one_call() -> None:
    assert count_table_calls(read_calls([line("POST /devstoreaccount1/$batch", 202)])) == {kinds.TRANSACTION: 1}


def test_each_kind_of_table_call_has_its_name() -> None:
    row = "/devstoreaccount1/orders(PartitionKey='0b',RowKey='o%7Cabc')"
    calls = read_calls(
        [
            line("POST /devstoreaccount1/orders", 201),
            line(f"PUT {row}", 204),
            line(f"PATCH {row}", 204),
            line(f"GET {row}"),
            line("GET /devstoreaccount1/orders()?$top=80&$filter=PartitionKey%20eq%20'0b'"),
            line("GET /devstoreaccount1/orders()?$select=PartitionKey,RowKey,creator,wants&$filter=PartitionKey"),
        ]
    )
    wanted = [kinds.INSERT, kinds.UPSERT, kinds.MERGE, kinds.GET, kinds.QUERY, kinds.DUE_QUERY]
    assert count_table_calls(calls) == dict.fromkeys(wanted, 1)


def test_a_receive_is_an_idle_poll_when_nothing_was_put() -> None:
    assert count_queue_calls(read_calls([receive(), receive()])) == {kinds.IDLE_POLL: 2}


def test_a_receive_takes_up_to_sixteen_messages() -> None:
    calls = count_queue_calls(read_calls([put()] * 17 + [receive()] * 3))
    assert (calls[kinds.RECEIVE], calls[kinds.IDLE_POLL]) == (2, 1)


def test_a_message_on_one_queue_does_not_make_the_poll_of_another_useful() -> None:
    calls = count_queue_calls(read_calls([put("send-sms"), receive("send-email")]))
    assert (calls[kinds.RECEIVE], calls[kinds.IDLE_POLL]) == (0, 1)


def test_peeks_deletes_and_properties_are_told_apart() -> None:
    calls = read_calls(
        [
            line("GET /devstoreaccount1/send-email/messages?peekonly=true&numofmessages=32"),
            line("DELETE /devstoreaccount1/send-email/messages/6c1?popreceipt=abc", 204),
            line("GET /devstoreaccount1/send-email?comp=metadata"),
        ]
    )
    assert count_queue_calls(calls) == {kinds.PEEK: 1, kinds.DELETE_MESSAGE: 1, kinds.PROPERTIES: 1}
