"""A function app that is healthy, tells its settings, and takes an order: what `./dev up` needs of a service."""

import json
import logging
import os

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="health", methods=["GET"])
async def health(req: func.HttpRequest) -> func.HttpResponse:
    logging.info("the health of the app was asked")
    return func.HttpResponse("Healthy")


@app.route(route="setting/{name}", methods=["GET"])
async def setting(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ.get(req.route_params["name"], ""))


@app.route(route="notifications/api/v1/future/orders", methods=["POST"])
async def orders(req: func.HttpRequest) -> func.HttpResponse:
    bearer = req.headers.get("Authorization", "")
    return func.HttpResponse(json.dumps({"authorization": bearer, "order": req.get_json()}), status_code=201)
