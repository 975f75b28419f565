"""Documents that are made from the code: `python -m deploy.documents` writes docs/PROTOCOL.md and docs/ERRORS.md."""
