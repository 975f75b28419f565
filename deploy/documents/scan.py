"""Which faults the product's code raises: codes, whose fault each is, and the close codes that it may bring.

Read from the source, not by running it: a fault is made by a call of its class (or of the short hands that add a
prefix), with its code as the first argument.
"""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from streaming.errors import Close

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("streaming", "asr", "llm", "moderation")
CLASSES: Final = {"ClientFault": "yours", "Wrong": "yours", "ServiceFault": "ours", "Fault": "nobody's"}
PREFIXES: Final = {"llm": "llm_", "asr": "asr_"}
"""Of the short hand `fault(code, message)` in these folders."""
USUAL: Final = {"ClientFault": None, "Wrong": None, "ServiceFault": int(Close.INTERNAL), "Fault": None}


class Raised(NamedTuple):
    """One place at which a fault is made. `closes`: the codes with which its session may end (None: it goes on)."""

    code: str
    fault: str
    closes: tuple[int | None, ...]
    file: str


@cache
def raised() -> tuple[Raised, ...]:
    """All of them."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(one for path in paths for one in _in(path))


def _in(path: Path) -> Iterator[Raised]:
    text = path.read_text("utf-8")
    if "ault(" not in text and "Fault)" not in text and "Wrong(" not in text:
        return
    tree = ast.parse(text)
    name = str(path.relative_to(ROOT))
    around = dict[ast.AST, ast.AST]()  # the innermost function of each node
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            around |= dict.fromkeys(ast.walk(scope), scope)
    own = {call: base for node in ast.walk(tree) if (base := _base(node)) for call in ast.walk(node)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        kind = _kind(call, name) or (own.get(call, "") if _init(call) else "")
        if not kind:
            continue
        scope = around.get(call, tree)
        for code in _codes(call, name, scope):
            yield Raised(code, CLASSES.get(kind, "ours"), _closes(call, kind, scope), name)


def _kind(call: ast.Call, name: str) -> str:
    match call.func:
        case ast.Name(id=made) | ast.Attribute(attr=made) if made in CLASSES:
            return made
        case ast.Name(id="fault") | ast.Attribute(attr="fault") if name.split("/")[0] in PREFIXES:
            return "part"
        case _:
            return ""


def _base(node: ast.AST) -> str:
    """Of a class of faults of its own, such as Overloaded; else ""."""
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return next((base.id for base in bases if isinstance(base, ast.Name) and base.id in CLASSES), "")


def _init(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "__init__" and len(call.args) > 1


def _codes(call: ast.Call, name: str, around: ast.AST) -> list[str]:
    """None where one is only handed on."""
    if isinstance(call.func, ast.Name) and call.func.id == "Wrong":
        named = [*call.args[2:3], *(one.value for one in call.keywords if one.arg == "code")]
        given = named[0] if named else ast.Constant("bad_request")
    elif not call.args:
        return []
    else:
        given = call.args[0]
    prefix = PREFIXES[name.split("/")[0]] if _kind(call, name) == "part" else ""
    if isinstance(given, ast.Name) and given.id.isupper():
        module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
        return [str(getattr(module, given.id))]
    return [prefix + code for code in _values(given, around) if isinstance(code, str)]


def _closes(call: ast.Call, kind: str, around: ast.AST) -> tuple[int | None, ...]:
    given = next((one.value for one in call.keywords if one.arg == "close"), None)
    if given is None:
        return (USUAL.get(kind),)
    return tuple(value for value in _values(given, around) if not isinstance(value, str))


def _values(value: ast.AST, around: ast.AST) -> list[int | str | None]:
    """What an expression may be: close codes, texts, None."""
    match value:
        case ast.Attribute(attr=name) if name in Close.__members__:
            return [int(Close[name])]
        case ast.Constant(value=None | str() as known):
            return [known]
        case ast.JoinedStr(values=made) if any(isinstance(one, ast.Constant) for one in made[1:]):
            return ["".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in made)]
        case ast.IfExp(body=one, orelse=other):
            return [*_values(one, around), *_values(other, around)]
        case ast.Name(id=name):
            return _assigned(name, around)
        case _:
            return []


def _assigned(name: str, around: ast.AST) -> list[int | str | None]:
    """What a name may be, by the assignments in the same function."""
    for node in ast.walk(around):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return _values(value, around)
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Name(id=target), *_])], value=ast.Tuple(elts=[value, *_])
            ):
                if target == name:
                    return _values(value, around)
            case _:
                pass
    return []
