"""Writes what is made from the code into docs/."""

import logging

from deploy.documents import errors, protocol, settings
from deploy.documents.scan import ROOT

PAGES = {"PROTOCOL.md": protocol.page, "ERRORS.md": errors.page, "SETTINGS.md": settings.page}


def main() -> None:
    """All of it, anew."""
    logging.disable(logging.ERROR)  # how an error would be answered is asked, and answering logs it
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
