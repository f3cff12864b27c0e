"""Generated mistakes in the core: every place where an operator fits, planted one at a time and judged by the tests.

`make mutants` runs it; it takes long, so it is no part of `make test`. It prints one row per module and every mutant that
lives. What it learned is kept in a file, so that a run that was stopped goes on where it was: a mutant that was killed
stays so, one that lived is judged anew once promises or tests changed.

Add an operator as one method of `_Operators`, named after the kind of node it is about. `test_mutants` holds the mistakes that were
thought of by hand; this finds those that nobody thought of. Texts for people (f-strings, annotations) are left as they are.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PACKAGE = ROOT / "bot" / "golive"
MODULES = (
    "decide", "ledger", "authorise", "signoffs", "seats", "freshness", "reasons", "overrides", "conditions", "freezes",
    "delegation", "people", "findings", "weigh", "waivers", "snapshot",
)  # fmt: skip
UNITS = ("gate", "decide", "signoffs", "authorise", "findings", "waivers", "weigh", "nags")
"""Unit tests that judge every mutant, after the promises, which are the quickest."""
RECORD = ("ledger", "freshness")
"""Modules that test_ledger reads; it takes as long as all the others, and could not notice anything else."""

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
"""A comparison → its boundary moved, and its opposite."""
SIGNS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Div(), ast.Div: ast.Mult(), ast.BitOr: ast.BitAnd(),
    ast.BitAnd: ast.BitOr(),
}  # fmt: skip
MEMBERS = {
    "Verdict": ("GO", "NO_GO"), "Outcome": ("PASSED", "FAILED"), "PullState": ("OPEN", "MERGED"), "Decides": ("APPROVE", "REJECT"),
    "Kind": ("RELEASE", "OTHER"), "Severity": ("CRITICAL", "LOW"),
}  # fmt: skip
"""An enumeration → the members that stand in for any other of it."""
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """One change of one module. text: the whole module with it.   before, after: the node that changed."""

    module: str
    line: int
    before: str
    after: str
    text: str

    @property
    def key(self) -> str:
        """The same while the module and the change are."""
        return f"{self.module}:{hashlib.sha256(self.text.encode()).hexdigest()[:20]}"


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of one module of the core, from its top to its end."""
    tree = ast.parse((PACKAGE / "core" / f"{module}.py").read_text())
    seen = {ast.unparse(tree) + "\n"}
    for path, line, node in list(_places(tree)):
        for new in _Operators().of(node):
            _put(tree, path, new)
            text = ast.unparse(tree) + "\n"
            _put(tree, path, node)
            if text not in seen:
                seen.add(text)
                yield Mutant(module, line, _short(node), _short(new), text)


Place = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: Place = (), line: int = 0) -> Iterator[tuple[Place, int, ast.AST]]:
    """Every node that operators may look at, with its line and the way to it: field names, and indices in lists."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "msg") or isinstance(node, ast.Assert | ast.Raise):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom) or not isinstance(child, ast.AST):
                continue
            step = (*path, (name, index))
            at = getattr(child, "lineno", line)
            yield step, at, child
            yield from _places(child, step, at)


def _put(tree: ast.AST, path: Place, new: ast.AST) -> None:
    *way, (name, index) = path
    node = tree
    for field, at in way:
        node = getattr(node, field) if at is None else getattr(node, field)[at]
    if index is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[index] = new


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 110 else f"{text[:107]}…"


class _Operators:
    """What may stand in place of a node; one method per kind of node, found by name."""

    def of(self, node: ast.AST) -> Iterator[ast.AST]:
        found = getattr(self, f"on_{type(node).__name__.lower()}", None)
        return found(node) if found else iter(())

    def on_compare(self, node: ast.Compare) -> Iterator[ast.AST]:
        for place, op in enumerate(node.ops):
            for other in COMPARED[type(op)]:
                yield ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]], node.comparators)

    def on_boolop(self, node: ast.BoolOp) -> Iterator[ast.AST]:
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for place in range(len(node.values)):
            rest = [*node.values[:place], *node.values[place + 1 :]]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)

    def on_unaryop(self, node: ast.UnaryOp) -> Iterator[ast.AST]:
        if isinstance(node.op, ast.Not | ast.USub):
            yield node.operand

    def on_binop(self, node: ast.BinOp) -> Iterator[ast.AST]:
        if type(node.op) in SIGNS:
            yield ast.BinOp(node.left, SIGNS[type(node.op)], node.right)

    def on_constant(self, node: ast.Constant) -> Iterator[ast.AST]:
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield ast.Constant(0 if node.value == 1 else node.value + 1)

    def on_if(self, node: ast.If) -> Iterator[ast.AST]:
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        if isinstance(node.body[-1], ast.Continue | ast.Return | ast.Raise | ast.Break) and not node.orelse:
            yield ast.Pass()

    def on_ifexp(self, node: ast.IfExp) -> Iterator[ast.AST]:
        yield ast.IfExp(node.test, node.orelse, node.body)

    def on_comprehension(self, node: ast.comprehension) -> Iterator[ast.AST]:
        for place in range(len(node.ifs)):
            yield ast.comprehension(node.target, node.iter, [*node.ifs[:place], *node.ifs[place + 1 :]], node.is_async)

    def on_return(self, node: ast.Return) -> Iterator[ast.AST]:
        if node.value is not None:
            yield ast.Return(None)

    def on_continue(self, node: ast.Continue) -> Iterator[ast.AST]:
        yield ast.Break()

    def on_break(self, node: ast.Break) -> Iterator[ast.AST]:
        yield ast.Continue()

    def on_expr(self, node: ast.Expr) -> Iterator[ast.AST]:
        if isinstance(node.value, ast.Call):
            yield ast.Pass()
        elif isinstance(node.value, ast.Yield | ast.YieldFrom):
            yield ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))

    def on_assign(self, node: ast.Assign) -> Iterator[ast.AST]:
        if isinstance(node.targets[0], ast.Attribute | ast.Subscript):
            yield ast.Pass()

    def on_augassign(self, node: ast.AugAssign) -> Iterator[ast.AST]:
        yield ast.Pass()

    def on_attribute(self, node: ast.Attribute) -> Iterator[ast.AST]:
        if isinstance(node.value, ast.Name) and node.value.id in MEMBERS and node.attr.isupper():
            for other in MEMBERS[node.value.id]:
                yield ast.Attribute(node.value, other, node.ctx)

    def on_call(self, node: ast.Call) -> Iterator[ast.AST]:
        if isinstance(node.func, ast.Name) and node.func.id in CALLED:
            yield ast.Call(ast.Name(CALLED[node.func.id], ast.Load()), node.args, node.keywords)


class Bench:
    """A copy of the package in which one mutant at a time is planted and judged. limit: seconds for one mutant."""

    def __init__(self, folder: Path, limit: float) -> None:
        self.folder, self.limit, self.core = folder, limit, folder / "golive" / "core"
        self.core.parent.mkdir(parents=True)
        shutil.copytree(PACKAGE / "core", self.core, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(self.core, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        for other in PACKAGE.iterdir():  # the rooms around the core are never changed
            if other.name not in ("core", "__pycache__"):
                (self.core.parent / other.name).symlink_to(other)

    def outcome(self, mutant: Mutant | None) -> str:
        """`killed`, `survived` or `timeout`; without a mutant, of the core as it is."""
        if mutant is None:
            return self._judged("ledger")
        source = self.core / f"{mutant.module}.py"
        kept = source.read_text()
        source.write_text(mutant.text)
        try:
            return self._judged(mutant.module)
        finally:
            source.write_text(kept)

    def _judged(self, module: str) -> str:
        path = os.pathsep.join(map(str, (self.folder, ROOT / "tests")))
        env = {**os.environ, "PYTHONPATH": path, "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder / "hypothesis")}
        promises, *tests = map(str, judges(module))
        ends = time.monotonic() + self.limit
        for command in ([promises, "--first"], ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]):
            try:
                ran = subprocess.run(
                    [sys.executable, "-B", *command], cwd=ROOT, env=env, check=False,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=max(1.0, ends - time.monotonic()),
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return "timeout"
            if ran.returncode:
                return "killed"
        return "survived"


def judges(module: str) -> list[Path]:
    """What must fail where this module is wrong."""
    units = (*UNITS, "ledger") if module in RECORD else UNITS
    return [HERE / "promises.py", *(ROOT / "tests" / "unit" / f"test_{name}.py" for name in units)]


def judges_digest() -> str:
    """Changes when what judges does."""
    files = [*judges("ledger"), ROOT / "tests" / "builders.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def known(state: Path, digest: str) -> dict[str, str]:
    """Key → outcome of what earlier runs learned and still holds."""
    found: dict[str, str] = {}
    for line in state.read_text().splitlines() if state.exists() else ():
        row = json.loads(line)
        if row["outcome"] == "killed" or row["judges"] == digest:
            found[row["key"]] = row["outcome"]
        else:
            found.pop(row["key"], None)
    return found


def run(wanted: list[Mutant], state: Path, jobs: int, limit: float, minutes: float) -> dict[str, str]:
    """Judge what is not known yet, for at most so many minutes. Raises SystemExit where the core itself does not pass."""
    digest = judges_digest()
    outcomes = known(state, digest)
    todo = [mutant for mutant in wanted if mutant.key not in outcomes]
    folder = state.parent / "benches"
    shutil.rmtree(folder, ignore_errors=True)
    benches: SimpleQueue[Bench] = SimpleQueue()
    for number in range(jobs):
        benches.put(Bench(folder / str(number), limit))
    first = benches.get()
    if first.outcome(None) != "survived":
        raise SystemExit(
            "The core as it is does not pass its own tests: mend that first (make test-unit test-property)."
        )
    benches.put(first)
    ends = time.monotonic() + minutes * 60

    def judge(mutant: Mutant) -> None:
        if time.monotonic() > ends:
            return
        bench = benches.get()
        outcome = bench.outcome(mutant)
        benches.put(bench)
        outcomes[mutant.key] = outcome
        row = {"key": mutant.key, "outcome": outcome, "judges": digest, "line": mutant.line}
        with state.open("a") as file:
            file.write(json.dumps(row) + "\n")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(judge, todo))
    shutil.rmtree(folder, ignore_errors=True)
    return outcomes


def told(wanted: list[Mutant], outcomes: dict[str, str]) -> str:
    """The table, and every mutant that lives."""
    counts = Counter((mutant.module, outcomes.get(mutant.key, "not run")) for mutant in wanted)
    columns = ("killed", "survived", "timeout", "not run")
    lines = [f"{'module':<12}{'mutants':>9}" + "".join(f"{column:>10}" for column in columns)]
    modules = list(dict.fromkeys(mutant.module for mutant in wanted))
    for module in modules:
        row = [counts[module, column] for column in columns]
        lines.append(f"{module:<12}{sum(row):>9}" + "".join(f"{count:>10}" for count in row))
    total = [sum(counts[module, column] for module in modules) for column in columns]
    lines.append(f"{'all':<12}{sum(total):>9}" + "".join(f"{count:>10}" for count in total))
    alive = [mutant for mutant in wanted if outcomes.get(mutant.key) in ("survived", "timeout")]
    lines += ["", *(f"core/{m.module}.py:{m.line}  {m.before}  →  {m.after}  [{outcomes[m.key]}]" for m in alive)]
    return "\n".join(lines)


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=MODULES, help="of the core, without .py; all of the gate's")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th mutant of each module")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="how long one mutant may take")
    parser.add_argument("--minutes", type=float, default=600, help="stop after so long; the next run goes on")
    parser.add_argument(
        "--state", type=Path, default=ROOT / "build" / "mutants" / "known.jsonl", help="what was learned"
    )
    options = parser.parse_args()
    options.state.parent.mkdir(parents=True, exist_ok=True)
    wanted = [mutant for module in options.modules for mutant in list(mutants(module))[:: options.every]]
    print(told(wanted, run(wanted, options.state, options.jobs, options.limit, options.minutes)))


if __name__ == "__main__":
    main()
