"""`/api/v1/webhooks`: endpoints of others that are told of alarms, and what became of each message."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from cloud.alarms.post import signing_secret
from cloud.alarms.target import TargetRefused
from cloud.api.bodies import Body
from cloud.api.context import Context
from cloud.api.gatekeeper import Admin
from cloud.api.paging import Cursor, Limit, Listing, listing, numbers_after, text_after
from cloud.api.problems import wrong_field
from cloud.api.times import format_time
from cloud.registry import deliveries, webhooks
from cloud.registry.deliveries import Attempt, Delivery
from cloud.registry.webhooks import Webhook

router: Final = APIRouter(prefix="/api/v1/webhooks", tags=["alarms"])
EventName = Literal["alarm.raised", "alarm.cleared", "alarm.acknowledged"]
_ALL: Final[list[EventName]] = ["alarm.raised", "alarm.cleared", "alarm.acknowledged"]


class NewWebhook(Body):
    """Where messages shall go."""

    url: Annotated[str, Field(max_length=2000, description="https, to a public address or one that is allowed")]
    events: Annotated[list[EventName], Field(min_length=1, max_length=3)] = _ALL


class WebhookAnswer(BaseModel):
    """An endpoint."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    disabled_reason: str | None
    held_until: str | None
    """It asked to be left alone until then."""
    created: str


class MadeWebhook(WebhookAnswer):
    """With the secret that signs its messages, shown this once."""

    secret: str


class AttemptAnswer(BaseModel):
    """One try."""

    at: str
    duration_ms: int
    status: int | None
    """HTTP; null: there was no answer."""
    error: str | None
    """Null: delivered."""


class DeliveryAnswer(BaseModel):
    """One message to this endpoint."""

    id: str
    """`webhook-id`, the same at every attempt."""
    event: str
    alarm: int | None
    state: Literal["pending", "delivered", "failed", "disabled"]
    created: str
    next_attempt: str | None
    attempts: list[AttemptAnswer]


@router.get("")
def list_webhooks(context: Context, _who: Admin, limit: Limit = 100, cursor: Cursor = "") -> Listing[WebhookAnswer]:
    """Endpoints in the order of their identifiers, disabled ones too."""
    with context.database.read() as tx:
        return listing(webhooks.page(tx, limit, text_after(cursor)), lambda one: WebhookAnswer(**_form(one)))


@router.post("", status_code=201)
def make_webhook(context: Context, _who: Admin, body: NewWebhook, response: Response) -> MadeWebhook:
    """Send messages there from now on; the secret is in this answer and never shown again."""
    try:
        context.targets.judge(body.url)
    except TargetRefused as refusal:
        raise wrong_field("url", str(refusal)) from None
    with context.database.begin() as tx:
        made = webhooks.add(tx, body.url, tuple(dict.fromkeys(body.events)), context.clock.now_ms())
    response.headers["Location"] = f"/api/v1/webhooks/{made.id}"
    return MadeWebhook(**_form(made), secret=signing_secret(context.secrets, made))


@router.get("/{webhook}")
def show_webhook(context: Context, _who: Admin, webhook: str) -> WebhookAnswer:
    """One endpoint."""
    with context.database.read() as tx:
        return WebhookAnswer(**_form(webhooks.get(tx, webhook)))


@router.delete("/{webhook}", status_code=204)
def remove_webhook(context: Context, _who: Admin, webhook: str) -> None:
    """Forget an endpoint with all its deliveries."""
    with context.database.begin() as tx:
        webhooks.remove(tx, webhook)


@router.get("/{webhook}/deliveries")
def list_deliveries(
    context: Context, _who: Admin, webhook: str, limit: Limit = 100, cursor: Cursor = ""
) -> Listing[DeliveryAnswer]:
    """Messages to this endpoint, newest first, with every attempt."""
    before = numbers_after(cursor)
    with context.database.read() as tx:
        webhooks.get(tx, webhook)
        page = deliveries.page(tx, webhook, limit, before[0] if before else None)
        attempts = deliveries.attempts(tx, [one.number for one in page.items])
    return listing(page, lambda one: _delivery(one, attempts.get(one.number, [])))


def _form(webhook: Webhook) -> dict[str, Any]:
    held_ms = webhook.held_until_ms
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "enabled": webhook.enabled,
        "disabled_reason": webhook.disabled_reason,
        "held_until": None if held_ms is None else format_time(held_ms),
        "created": format_time(webhook.created_ms),
    }


def _delivery(one: Delivery, attempts: list[Attempt]) -> DeliveryAnswer:
    return DeliveryAnswer.model_validate(
        {
            "id": one.id,
            "event": one.event,
            "alarm": one.alarm,
            "state": one.state,
            "created": format_time(one.created_ms),
            "next_attempt": None if one.next_ms is None else format_time(one.next_ms),
            "attempts": [
                AttemptAnswer(
                    at=format_time(each.at_ms),
                    duration_ms=each.duration_ms,
                    status=each.status,
                    error=each.error or None,
                )
                for each in attempts
            ],
        }
    )
