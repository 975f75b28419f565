"""Tools: HTTP functions of the operator that the model may have called before it answers."""
