"""The function app: reads the settings and registers the triggers, nothing else."""

import azure.functions as func

from notifications.app import Composer
from notifications.settings import read_settings
from notifications.triggers import register

app = func.FunctionApp()
register(app, Composer(read_settings()))
