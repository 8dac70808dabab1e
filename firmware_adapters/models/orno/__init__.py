"""Orno-Logistic, Gliwice: energy meters."""
