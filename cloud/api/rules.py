"""`/api/v1/rules`: which readings are watched, and what makes an alarm of them."""

from dataclasses import replace
from math import isfinite
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from cloud.alarms.threshold import Comparison, Threshold
from cloud.api.bodies import Body, Kind, Name
from cloud.api.context import Context
from cloud.api.gatekeeper import Reader, Writer
from cloud.api.paging import Cursor, Limit, Listing, listing, numbers_after
from cloud.api.problems import Problem, wrong_field
from cloud.api.times import format_time
from cloud.geo.towns import towns
from cloud.registry import neurons, rules
from cloud.registry.access import Principal
from cloud.registry.errors import NotFound
from cloud.registry.rules import Rule
from protocols.vocabulary import NeuronId

router: Final = APIRouter(prefix="/api/v1/rules", tags=["alarms"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def _town(text: str) -> str:
    if text not in towns():
        raise ValueError(f"{text!r:.40}: expected the 9 digits of a town")
    return text


def _neuron(text: str) -> str:
    NeuronId.parse(text)
    return text


RuleName = Annotated[Name, Field(min_length=1)]
Property = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$", description="an observed property")]
Deadband = Annotated[float, Field(ge=0, description="in the property's unit")]
Town = Annotated[str, AfterValidator(_town)]
NeuronText = Annotated[str, AfterValidator(_neuron)]
PriorityText = Literal["high", "medium", "low"]


class NewRule(Body):
    """A threshold with a deadband; without filters it watches every datastream of the property."""

    name: RuleName
    property: Property
    comparison: Comparison
    threshold: float
    deadband: Deadband = 0.0
    priority: PriorityText = "low"
    kind: Kind | None = None
    town: Town | None = None
    neuron: NeuronText | None = None
    enabled: bool = True


class RuleChange(Body):
    """What is given is written anew, what is left out stays; a null filter is none."""

    name: RuleName = ""
    property: Property = ""
    comparison: Comparison = "gt"
    threshold: float = 0.0
    deadband: Deadband = 0.0
    priority: PriorityText = "low"
    kind: Kind | None = None
    town: Town | None = None
    neuron: NeuronText | None = None
    enabled: bool = True


class RuleAnswer(BaseModel):
    """A rule."""

    id: int
    name: str
    property: str
    comparison: Comparison
    threshold: float
    deadband: float
    priority: PriorityText
    kind: str | None
    town: str | None
    neuron: str | None
    enabled: bool
    created: str
    updated: str


@router.get("")
def list_rules(context: Context, who: Reader, limit: Limit = 100, cursor: Cursor = "") -> Listing[RuleAnswer]:
    """Rules in the order in which they were made; those for the whole district are seen by all."""
    after = numbers_after(cursor)
    with context.database.read() as tx:
        return listing(rules.page(tx, limit, after[0] if after else 0, who.towns), _form)


@router.post("", status_code=201)
def make_rule(context: Context, who: Writer, body: NewRule, response: Response) -> RuleAnswer:
    """Watch readings from now on; the latest ones are evaluated at once."""
    rule = _changed(Rule(0, "", "", Threshold("gt", 0.0), "low"), body)
    with context.database.begin() as tx:
        _refuse_outside(tx, who, rule)
        made = rules.add(tx, rule, context.clock.now_ms())
    response.headers["Location"] = f"/api/v1/rules/{made.id}"
    return _form(made)


@router.get("/{number}")
def show_rule(context: Context, who: Reader, number: Number) -> RuleAnswer:
    """One rule."""
    with context.database.read() as tx:
        return _form(rules.get(tx, number, who.towns))


@router.patch("/{number}")
def change_rule(context: Context, who: Writer, number: Number, body: RuleChange) -> RuleAnswer:
    """Change a rule: its alarms are evaluated again, and what it watches no longer clears."""
    with context.database.begin() as tx:
        old = rules.get(tx, number, who.towns)
        _refuse_outside(tx, who, old)
        rule = _changed(old, body)
        _refuse_outside(tx, who, rule)
        return _form(rules.amend(tx, rule, context.clock.now_ms()))


@router.delete("/{number}", status_code=204)
def retire_rule(context: Context, who: Writer, number: Number) -> None:
    """Evaluate it no longer; its alarms clear, and stay to be looked at."""
    with context.database.begin() as tx:
        _refuse_outside(tx, who, rules.get(tx, number, who.towns))
        rules.retire(tx, number, context.clock.now_ms())


def _changed(rule: Rule, body: NewRule | RuleChange) -> Rule:
    given: dict[str, Any] = body.model_dump(include=body.model_fields_set)
    parts = {"comparison": "comparison", "threshold": "limit", "deadband": "deadband"}
    threshold = rule.threshold._replace(**{part: given.pop(name) for name, part in parts.items() if name in given})
    if not isfinite(threshold.release):
        raise wrong_field("deadband", "an alarm could never clear")
    if "property" in given:
        given["observed"] = given.pop("property")
    return replace(rule, threshold=threshold, **given)


def _refuse_outside(tx: Connection, who: Principal, rule: Rule) -> None:
    """Whoever is limited to towns changes only rules that are limited to them, too."""
    if not who.towns or rule.town in who.towns:
        return
    if rule.neuron is not None and rule.town is None:
        try:
            neurons.get(tx, rule.neuron, who.towns)
        except NotFound as error:
            raise Problem(422, str(error), [{"detail": str(error), "pointer": "#/neuron"}]) from None
        return
    raise Problem(403, "this key is limited to some towns: the rule must name one of them")


def _form(rule: Rule) -> RuleAnswer:
    return RuleAnswer(
        id=rule.id,
        name=rule.name,
        property=rule.observed,
        comparison=rule.threshold.comparison,
        threshold=rule.threshold.limit,
        deadband=rule.threshold.deadband,
        priority=rule.priority,
        kind=rule.kind,
        town=rule.town,
        neuron=rule.neuron,
        enabled=rule.enabled,
        created=format_time(rule.created_ms),
        updated=format_time(rule.updated_ms),
    )
