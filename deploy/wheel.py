"""The wheel installs one name, `vivavoce`: PyPI has packages called `llm` and `streaming` that ours would overwrite.

Our folders go below `vivavoce/`, `vivavoce.py` becomes its `__init__.py`, and imports are rewritten to match, so no
string in the product may name one of our modules. An editable install leaves everything where it is.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("streaming", "asr", "llm", "moderation")
# The built page travels as data, found by the gateway beside `streaming/` in both layouts.
DATA = ("web/dist",)
OURS = re.compile(rf"^(\s*from )({'|'.join(FOLDERS)})(?=[. ])", re.MULTILINE)


class WheelHook(BuildHookInterface[Any]):
    """Lays out what the wheel holds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Names each file of the wheel in `force_include`."""
        if version == "editable":
            return
        root, self.laid = Path(self.root), tempfile.TemporaryDirectory()
        staged = Path(self.laid.name)
        for source in [
            root / "vivavoce.py",
            *(file for folder in FOLDERS for file in root.glob(f"{folder}/**/*")),
        ]:
            if not source.is_file() or "__pycache__" in source.parts:
                continue
            name = "__init__.py" if source.name == "vivavoce.py" else str(source.relative_to(root))
            target = staged / name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = source.read_bytes()
            target.write_bytes(rewritten(content) if source.suffix == ".py" else content)
        (staged / "__main__.py").write_text("from vivavoce import main\n\nraise SystemExit(main())\n")
        build_data["force_include"][str(staged)] = "vivavoce"
        for data in DATA:
            if (root / data).is_dir():
                build_data["force_include"][str(root / data)] = f"vivavoce/{data}"


def rewritten(source: bytes) -> bytes:
    """`from asr.speaker.window import X` as `from vivavoce.asr.window import X`."""
    return OURS.sub(r"\1vivavoce.\2", source.decode()).encode()
