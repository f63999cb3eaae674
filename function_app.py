"""The function app: reads the settings and registers the triggers, nothing else."""

import azure.functions as func

from notifications.app import Composer
from notifications.settings import read_settings
from notifications.triggers import http_chains, http_orders, http_reports, http_service, http_shipments, queues, timers

app = func.FunctionApp()
compose = Composer(read_settings())
for triggers in (http_orders, http_chains, http_shipments, http_reports, http_service, queues, timers):
    triggers.register(app, compose)
