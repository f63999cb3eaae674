"""Ids in paths."""

from uuid import UUID

import azure.functions as func

from notifications.contract.problems import Problem
from notifications.triggers.answers import Answered


def path_id(req: func.HttpRequest, missing: Problem) -> UUID:
    """The id in the path of a route that takes ids only; the host also lets through spellings that are .NET's own."""
    try:
        return UUID(req.route_params["id"])
    except ValueError:
        raise Answered(missing) from None
