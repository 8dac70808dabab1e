"""Surveys: what an engineer in front of a cabinet asks a line before there is a configuration for it."""
