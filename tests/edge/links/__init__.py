"""Tests of the links, against real counterparts wherever they can make the fault."""
