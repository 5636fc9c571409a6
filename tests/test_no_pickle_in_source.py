"""Promise S6: neither data nor weights can run code, because the source holds no way to let them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "hunmin"

UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "shelve"}
# Imported under a bare name, these would escape the look at their calls.
UNSAFE_NAMES = {"torch.load", "yaml.load", "hydra.utils.instantiate"}
# What torch raises for a file that it refuses.
HARMLESS_NAME = "pickle.UnpicklingError"
UNSAFE_BUILTINS = {"eval", "exec", "__import__"}
UNSAFE_YAML = {"unsafe_load", "full_load", "unsafe_load_all", "full_load_all"}
# These unpickle whatever they are given unless they are told, each time, not to.
MUST_SAY_WEIGHTS_ONLY = {"torch.load", "load_from_checkpoint"}


def dotted(node: ast.expr) -> str:
    """`torch.load` for that expression; what is no name becomes `?`, as in `?.eval` for `build().eval`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def is_constant(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def unsafe_parts(source: str) -> Iterator[str]:
    """Everything in `source` by which data could run code, each as 'line: what'."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names if alias.name.split(".")[0] in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in names if name.split(".")[0] in UNSAFE_MODULES or name in UNSAFE_NAMES]
            found = [name for name in found if name != HARMLESS_NAME]
        elif isinstance(node, ast.Call):
            found = list(unsafe_call(node))
        elif isinstance(node, ast.Constant) and node.value == "_target_":
            found = ["_target_"]
        else:
            continue
        yield from (f"{node.lineno}: {what}" for what in found)


def unsafe_call(call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    last = name.rsplit(".", 1)[-1]
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in UNSAFE_BUILTINS or last in UNSAFE_YAML or name.endswith("utils.instantiate"):
        yield name
    if name == "yaml.load" and not dotted(keywords.get("Loader", ast.Constant(None))).endswith("SafeLoader"):
        yield "yaml.load without SafeLoader"
    if "weights_only" in keywords and not is_constant(keywords["weights_only"], True):
        yield "weights_only is not True"
    if (name in MUST_SAY_WEIGHTS_ONLY or last in MUST_SAY_WEIGHTS_ONLY) and "weights_only" not in keywords:
        yield f"{name} without weights_only=True"
    if "allow_pickle" in keywords and not is_constant(keywords["allow_pickle"], False):
        yield "allow_pickle is not False"


def test_the_source_holds_no_pickle_no_eval_and_no_unguarded_load() -> None:
    files = sorted(SOURCE.rglob("*.py"))
    assert files
    found = [f"{path.relative_to(SOURCE)}:{part}" for path in files for part in unsafe_parts(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.hashing",
        "eval('1')",
        "torch.load(path)",
        "from torch import load",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=trusted)",
        "Module.load_from_checkpoint(path)",
        "numpy.load(path, allow_pickle=True)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
        "hydra.utils.instantiate(config)",
        "from hydra.utils import instantiate",
        "build(config['_target_'])",
    ],
)
def test_each_way_to_run_code_from_data_is_found(source: str) -> None:
    assert list(unsafe_parts(source))


@pytest.mark.parametrize(
    "source",
    [
        "from pickle import UnpicklingError",
        "model.eval()",
        "build(model).eval()",
        "re.compile('x')",
        "torch.load(path, weights_only=True)",
        "numpy.load(path, allow_pickle=False)",
        "yaml.load(text, Loader=yaml.CSafeLoader)",
        "yaml.safe_load(text)",
    ],
)
def test_harmless_code_is_left_alone(source: str) -> None:
    assert not list(unsafe_parts(source))
