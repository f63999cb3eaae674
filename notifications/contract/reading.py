"""From the bytes of any order to its draft, or to everything that is wrong with them (spec items 1 and 3)."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from pydantic import ValidationError

from notifications.contract.drafting import Drafting
from notifications.contract.failures import PAST, Failure, by_client_path, failure_of
from notifications.contract.json_document import Members, client_path, read_document
from notifications.contract.limits import Limits
from notifications.contract.problems import ValidationFailed
from notifications.contract.request_model import RequestModel, member_names
from notifications.contract.sender_rules import sender_rules
from notifications.contract.values import Context
from notifications.domain.order import OrderDraft
from notifications.domain.sender_rights import SenderRights
from notifications.domain.sms_sender import SenderCountries


def no_rules(_about: object, _with: object) -> Iterable[Failure]:
    """The rules of an order whose members do not depend on each other."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderParser[R: RequestModel]:
    """Reads one kind of order: its members, the rules between them, and what comes of a valid one.

    `rules` look at the document and not at the model, so that they are told together with whatever else is wrong;
    `last_rules` look at a request that is valid otherwise. `json_values` is how much one body may hold.
    """

    model: type[R]
    rules: Callable[[Members, Context], Iterable[Failure]]
    draft: Callable[[R, Drafting], OrderDraft]
    last_rules: Callable[[R, datetime], Iterable[Failure]] = no_rules
    json_values: Callable[[Limits], int] = attrgetter("json_values")

    def __call__(
        self,
        body: bytes,
        *,
        creator: str,
        now: datetime,
        limits: Limits | None = None,
        senders: SenderCountries | None = None,
        rights: SenderRights | None = None,
    ) -> OrderDraft:
        """Read and validate a body; `now` (UTC) is the start of the request, `rights` who may send as whom.

        Raises ValidationFailed with all failures at once, or BodyTooLarge.
        """
        context = Context(now=now, limits=limits or Limits())
        names, max_values = member_names(self.model), self.json_values(context.limits)
        document = read_document(body, names, context.limits, max_values=max_values)
        request, failures = self._validate(document, context)
        failures += sender_rules(document, creator, rights or SenderRights())
        errors = by_client_path(document, failures)
        if request is None or any(failure.kind != PAST for failure in failures):
            raise ValidationFailed(errors)
        drafting = Drafting(creator=creator, now=now, senders=senders or SenderCountries())
        draft = self._drafted(request, document, drafting)
        if errors:
            raise ValidationFailed(errors, draft=draft)
        return draft

    def _validate(self, document: Members, context: Context) -> tuple[R | None, list[Failure]]:
        request, found = self._modelled(document, context)
        failures = [*self.rules(document, context), *found]
        if all(failure.kind == PAST for failure in failures):
            # read again with past times taken, so that a replay can be looked up
            request = request or self._modelled(document, replace(context, refuse_past=False))[0]
            failures += self.last_rules(request, context.now) if request else ()
        return request, failures

    def _modelled(self, document: Members, context: Context) -> tuple[R | None, list[Failure]]:
        try:
            return self.model.model_validate(document, context=context), []
        except ValidationError as error:
            return None, [failure_of(each) for each in error.errors(include_url=False, include_input=False)]

    def _drafted(self, request: R, document: Members, drafting: Drafting) -> OrderDraft:
        draft = self.draft(request, drafting)
        warnings = tuple(f"{client_path(document, path)}: {text}" for path, text in drafting.warnings)
        return replace(draft, fingerprint=_fingerprint(request), warnings=warnings)


def _fingerprint(request: RequestModel) -> str:
    # without defaults: a member that a later version adds must not change the fingerprint of an older request
    content = request.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
