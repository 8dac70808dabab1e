"""Alarms: rules on committed readings, states after ISA-18.2, and the signed webhooks that tell of them."""
