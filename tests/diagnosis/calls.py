"""What stands behind each check: the functions outside the doctor that it calls, itself or through a piece of the case."""

import ast
import inspect
from functools import cache
from pathlib import Path

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.examine import Check

DIAGNOSIS = Path(__file__).parents[2] / "src" / "hunmin" / "diagnosis"


def functions_behind(check: Check) -> set[str]:
    """Names of functions, and of classes that are made, of any module of hunmin but `diagnosis`."""
    module = inspect.getmodule(check.look)
    assert module is not None
    found: set[str] = set()
    left, seen = [(module.__name__, check.look.__name__)], set()
    while left:
        where = left.pop()
        if where in seen:
            continue
        seen.add(where)
        inner, outer = _used(*where)
        left += inner
        found |= outer
    return found


def _used(module: str, name: str) -> tuple[list[tuple[str, str]], set[str]]:
    """What a definition uses: definitions of `diagnosis`, and names from outside."""
    tree, imported = _parsed(module)
    definitions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    pieces = {
        node.name: node
        for one in definitions.values()
        if one.name == "Case"
        for node in one.body
        if isinstance(node, ast.FunctionDef)
    }
    node = pieces.get(name) or definitions.get(name)
    if node is None or name == "Case":
        return [], set()
    inner: list[tuple[str, str]] = []
    outer: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in ("case", "self"):
            inner.append(("hunmin.diagnosis.case", part.attr))
        elif isinstance(part, ast.Constant) and part.value in vars(Case):
            inner.append(("hunmin.diagnosis.case", str(part.value)))  # asked for by its name
        elif isinstance(part, ast.Name) and part.id in definitions:
            inner.append((module, part.id))
        elif isinstance(part, ast.Name) and part.id in imported:
            source = imported[part.id]
            if source.startswith("hunmin.diagnosis"):
                inner.append((source, part.id))
            elif part.id.islower():
                outer.add(part.id)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in imported:
            called = part.func.id
            outer |= set() if imported[called].startswith("hunmin.diagnosis") else {called}
    return inner, outer


@cache
def _parsed(module: str) -> tuple[ast.Module, dict[str, str]]:
    """A module of `diagnosis`, and which names it imports from which of hunmin's."""
    path = DIAGNOSIS.parents[1] / (module.replace(".", "/") + ".py")
    tree = ast.parse(path.read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return tree, {
        name.name: node.module
        for node in imports
        for name in node.names
        if (node.module or "").startswith("hunmin.") and node.module
    }
