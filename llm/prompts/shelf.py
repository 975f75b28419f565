"""All templates that there are: ours, and those of the operator's folder, which may take the place of ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from llm.prompt import Prompt
from llm.prompts.template import Template, TemplateError, Value, parsed
from streaming.errors import ServiceFault

OURS: Final = Path(__file__).parent


class Shelf:
    """Templates by name. `folder`: the operator's `*.toml`; "" for none.

    Raises:
        ServiceFault: `prompt_broken`; a template cannot be used, and which.
    """

    def __init__(self, folder: str = "") -> None:
        self._templates: dict[str, Template] = {}
        for place in (OURS, *((Path(folder).expanduser(),) if folder else ())):
            if not place.is_dir():
                raise ServiceFault("prompt_broken", f"there is no folder of prompts at {place}")
            for name, template in _read(place).items():
                self._templates[name] = template

    def variables(self, name: str) -> set[str]:
        """Those of a template. Raises ServiceFault `prompt_broken`."""
        return set(self._template(name).variables)

    def check(self, values: Mapping[str, Value], known: set[str]) -> None:
        """Every value is of a variable that is `known`. Raises ServiceFault `prompt_broken`."""
        for name in values:
            if name not in known:
                there = ", ".join(sorted(known)) or "none"
                raise ServiceFault(
                    "prompt_broken", f"llm.variables: no prompt has {name!r}; there are: {there}"
                )

    def prompt(self, name: str, values: Mapping[str, Value]) -> Prompt:
        """The prompt `name` with `values`. Raises ServiceFault `prompt_broken`."""
        try:
            return self._template(name).filled(values)
        except TemplateError as wrong:
            raise ServiceFault("prompt_broken", str(wrong)) from None

    def _template(self, name: str) -> Template:
        found = self._templates.get(name)
        if found is None:
            known = ", ".join(sorted(self._templates))
            raise ServiceFault("prompt_broken", f"there is no prompt {name!r}; there are: {known}")
        return found


def _read(place: Path) -> dict[str, Template]:
    found: dict[str, Template] = {}
    for file in sorted(place.glob("*.toml")):
        try:
            template = parsed(str(file), file.read_bytes())
        except (OSError, TemplateError) as wrong:
            raise ServiceFault("prompt_broken", str(wrong)) from None
        if template.name in found:
            raise ServiceFault("prompt_broken", f"{file}: another file has the prompt {template.name!r} too")
        found[template.name] = template
    return found


DEFAULT: Final = Shelf().prompt("default", {})
"""What is said to a model when nothing is set."""
