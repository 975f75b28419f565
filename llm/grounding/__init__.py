"""Grounded answers: what documents say goes into the prompt as data, and what is said from it is checked and cited."""
