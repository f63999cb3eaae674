"""A function app with one of everything; what it does, it remembers, and `GET /api/seen/{what}` tells."""

import asyncio
import json
import logging
import os
import threading
from base64 import b64encode
from collections import defaultdict
from contextvars import ContextVar
from pathlib import Path
from typing import Any, List  # noqa: UP035

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
seen: dict[str, list[Any]] = defaultdict(list)
running: dict[str, int] = defaultdict(int)
gate = asyncio.Event()
remembered = ContextVar("remembered", default="nothing")
# The worker library does not know the newer spelling.
Texts = List[str]  # noqa: UP006


def answer(content: object) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(content), mimetype="application/json")


@app.route(route="seen/{what}", methods=["GET"])
async def tell(req: func.HttpRequest) -> func.HttpResponse:
    return answer(seen[req.route_params["what"]])


@app.route(route="echo/{id:guid}/{name?}")
async def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return answer(
        {
            "method": req.method,
            "url": req.url,
            "headers": dict(req.headers),
            "query": dict(req.params),
            "route": dict(req.route_params),
            "body": b64encode(req.get_body()).decode(),
            "trace": context.trace_context.trace_parent,
            "state": context.trace_context.trace_state,
        }
    )


@app.route()
async def unrouted(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("reached by name")


@app.route(route="files/{*path}", methods=["GET"])
async def any_file(req: func.HttpRequest) -> func.HttpResponse:
    return answer({"path": req.route_params.get("path")})


@app.route(route="files/before", methods=["GET"])
async def advance_file(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("before")


@app.route(route="files/literal", methods=["GET"])
async def literal_file(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("literal")


@app.route(route="number/{n:int}", methods=["PUT"])
async def number(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"int {req.route_params['n']}")


@app.route(route="number/{n}", methods=["PUT"])
async def word(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"text {req.route_params['n']}")


@app.route(route="text")
def plain_text(req: func.HttpRequest) -> str:
    return f"text from a thread that is {'' if threading.current_thread() is threading.main_thread() else 'not '}main"


@app.route(route="response")
async def response(req: func.HttpRequest) -> func.HttpResponse:
    made = func.HttpResponse(
        "blå", status_code=418, mimetype="text/x-tea", charset="latin-1", headers={"X-One": "1", "Content-Length": "9"}
    )
    made.headers.add("Set-Cookie", "a=1; Path=/tea; HttpOnly")
    made.headers.add("Set-Cookie", "b=two; Secure; SameSite=Lax; Max-Age=60")
    return made


@app.route(route="explode")
async def explode(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("the kettle is broken")


@app.route(route="cancelled")
async def cancelled(req: func.HttpRequest) -> func.HttpResponse:
    raise asyncio.CancelledError


@app.route(route="remember/{word}")
async def remember(req: func.HttpRequest) -> func.HttpResponse:
    before = remembered.get()
    remembered.set(req.route_params["word"])
    return func.HttpResponse(before)


@app.route(route="badheader")
async def bad_header(req: func.HttpRequest) -> func.HttpResponse:
    made = func.HttpResponse("never sent")
    made.headers._list.append(("X-One", "two\r\nX-Three: four"))
    return made


@app.route(route="relative")
def relative(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(Path("host.json").read_bytes())


@app.route(route="log", methods=["POST"])
async def log(req: func.HttpRequest) -> func.HttpResponse:
    logging.info("first line\nsecond line")
    logging.debug("never shown")
    return func.HttpResponse()


@app.route(route="setting/{name}")
async def setting(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ[req.route_params["name"]])


@app.route(route="together/{count:int}")
async def together(req: func.HttpRequest) -> func.HttpResponse:
    running["together"] += 1
    if running["together"] == int(req.route_params["count"]):
        gate.set()
    await gate.wait()
    return func.HttpResponse("together")


@app.route(route="wait/{seconds}")
async def wait(req: func.HttpRequest) -> func.HttpResponse:
    seen["waiting"].append(1)
    await asyncio.sleep(float(req.route_params["seconds"]))
    return func.HttpResponse("waited")


@app.route(route="guarded", auth_level=func.AuthLevel.FUNCTION)
async def guarded(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")


@app.route(route="masters", auth_level=func.AuthLevel.ADMIN)
async def masters(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")


@app.route(route="put/{form}", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="%OutQueue%", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="messages", queue_name="%OutQueue%", connection="AzureWebJobsStorage")
async def put(
    req: func.HttpRequest, message: func.Out[func.QueueMessage], messages: func.Out[Texts]
) -> func.HttpResponse:
    if req.route_params["form"] == "message":
        message.set(func.QueueMessage(body="æ message"))
    if req.route_params["form"] == "list":
        messages.set(["one", "two"])
    return func.HttpResponse()


@app.route(route="return", methods=["POST"], binding_arg_name="resp")
@app.queue_output(arg_name="$return", queue_name="%OutQueue%", connection="AzureWebJobsStorage")
async def put_return(req: func.HttpRequest, resp: func.Out[func.HttpResponse]) -> str:
    resp.set(func.HttpResponse("put", status_code=202))
    return req.get_body().decode()


@app.route(route="unwritable", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="no", connection="AzureWebJobsStorage")
async def unwritable(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    message.set("a queue name has at least three characters")
    return func.HttpResponse()


@app.queue_trigger(arg_name="message", queue_name="%OutQueue%", connection="AzureWebJobsStorage")
async def outs(message: func.QueueMessage) -> None:
    seen["outs"].append(message.get_body().decode())


@app.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")
async def work(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    running["work"] += 1
    seen["running"].append(running["work"])
    seen["work"].append(
        {
            "body": body,
            "id": message.id,
            "dequeue_count": message.dequeue_count,
            "inserted": str(message.insertion_time),
            "expires": str(message.expiration_time),
            "visible": str(message.time_next_visible),
            "receipt": message.pop_receipt,
        }
    )
    if body.startswith("wait "):
        await asyncio.sleep(float(body.removeprefix("wait ")))
    running["work"] -= 1
    seen["worked"].append(body)
    if body.startswith("fail"):
        raise RuntimeError("work went wrong")


@app.queue_trigger(arg_name="message", queue_name="work-poison", connection="AzureWebJobsStorage")
async def poison(message: func.QueueMessage) -> None:
    seen["poison"].append(message.get_body().decode())
    raise RuntimeError("nobody takes it")


@app.queue_trigger(
    arg_name="message", queue_name="binary", connection="AzureWebJobsStorage", data_type=func.DataType.BINARY
)
def binary(message: func.QueueMessage) -> None:
    seen["binary"].append(list(message.get_body()))


@app.queue_trigger(arg_name="message", queue_name="typed", connection="AzureWebJobsStorage")
async def typed(message: str) -> None:
    seen["typed"].append(message)


@app.timer_trigger(arg_name="timer", schedule="%Tick%")
async def tick(timer: func.TimerRequest) -> None:
    running["tick"] += 1
    seen["tick"].append({"past_due": timer.past_due, "at_once": running["tick"]})
    # Longer than the second that lies between two ticks, so the next one is missed.
    await asyncio.sleep(2.2)
    running["tick"] -= 1


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
async def startup(timer: func.TimerRequest) -> None:
    seen["startup"].append(timer.past_due)


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
async def yearly(timer: func.TimerRequest) -> None:
    seen["yearly"].append(timer.past_due)
