"""The rule between a resource and what is done with it, which all orders share (http-contract.md section 5.4)."""

from collections.abc import Iterator

from notifications.contract.failures import Failure, broken
from notifications.contract.json_document import Members, Path


def resource_action_rule(ordered: Members, path: Path) -> Iterator[Failure]:
    """An action needs a resource, and is not blank."""
    resource, action = ordered.get("resourceId"), ordered.get("resourceAction")
    if not isinstance(action, str) or not action:
        return
    if resource is None or (isinstance(resource, str) and not resource.strip()):
        message = "ResourceAction cannot be specified without a ResourceId."
        yield broken((*path, "resourceAction"), message)
    elif not action.strip():
        yield broken((*path, "resourceAction"), "ResourceAction cannot be blank or whitespace.")
