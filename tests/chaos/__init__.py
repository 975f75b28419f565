"""Faults on purpose: what becomes of sessions when parts of the service die, hang, or lose each other."""
