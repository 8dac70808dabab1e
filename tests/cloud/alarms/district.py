"""A registry with neurons, rules and what is needed around them."""

from dataclasses import replace

from cloud.alarms.engine import Change, Transition
from cloud.alarms.plan import Key
from cloud.geo.towns import Place
from cloud.registry import datastreams, neurons, rules, webhooks
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.neurons import Neuron
from cloud.registry.rules import Rule
from cloud.registry.selection import Site
from cloud.registry.webhooks import Webhook
from tests.cloud.alarms.readings import rule

EVENTS = ("alarm.raised", "alarm.cleared", "alarm.acknowledged")
NEURON = Neuron("", "water_quality", "buoy", None, Site(Place("310151101")), {})


def with_neurons(database: Database, count: int = 1, town: str = "310151101") -> list[tuple[Neuron, int]]:
    """Neurons with the number of their one datastream, water_temperature."""
    made = []
    with database.begin() as tx:
        for _ in range(count):
            one = neurons.add(tx, replace(NEURON, site=Site(Place(town))), [Series("water_temperature", "Cel")], 1)
            made.append((one, datastreams.of_neurons(tx, [one.id])[0].number))
    return made


def with_rule(database: Database, template: Rule | None = None) -> Rule:
    with database.begin() as tx:
        return rules.add(tx, template or rule(), 1)


def with_webhook(database: Database, url: str, *events: str) -> Webhook:
    with database.begin() as tx:
        return webhooks.add(tx, url, events or EVENTS, 1)


def raised(rule: int, datastream: int, time: int = 5, value: float = 31.0) -> Transition:
    return Transition(Key(rule, datastream), Change.RAISED, time, value, True, True)


def cleared(rule: int, datastream: int, time: int = 6, value: float = 20.0) -> Transition:
    return Transition(Key(rule, datastream), Change.CLEARED, time, value, False, True)
