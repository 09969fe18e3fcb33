"""Compiles scripts and expressions: RestrictedPython's rules, ours on top, and the guards compiled in."""

# ruff: noqa: N802, N815 - the names of ast.NodeVisitor

from __future__ import annotations

import ast
import copy
from functools import lru_cache
from textwrap import dedent
from types import CodeType
from typing import Any, TypeGuard

from RestrictedPython.transformer import RestrictingNodeTransformer

from erp.i18n import _
from erp.workflow.scripting.values import MAX_BITS, MAX_TEXT

MAX_SOURCE = 20_000

NAMES = frozenset(
    {
        "Decimal",
        "UTC",
        "abs",
        "all",
        "any",
        "bool",
        "date",
        "datetime",
        "dict",
        "enumerate",
        "int",
        "len",
        "list",
        "max",
        "min",
        "now",
        "range",
        "round",
        "sorted",
        "str",
        "sum",
        "timedelta",
        "today",
        "zip",
    }
)
"""What scripts may call or read besides process data and the host's names."""

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


class Code:
    """Compiled text, or the reason why it does not compile."""

    __slots__ = ("code", "error", "guards", "line", "paths", "stored", "used")

    def __init__(self, error: str = "", line: int | None = None) -> None:
        self.error = error
        self.line = line
        self.code: CodeType | None = None
        self.used: frozenset[str] = frozenset()
        """Names the text uses."""
        self.guards: tuple[str, ...] = ()
        """What the compiled code calls in their place: `_binary_`, `_getattr_` …"""
        self.stored: frozenset[str] = frozenset()
        """Names it writes anywhere."""
        self.paths: tuple[tuple[str, ...], ...] = ()
        """What it reads: `("document", "total")` for document.total."""


@lru_cache(maxsize=4096)
def compiled(source: str, mode: str) -> Code:
    """The code of a script (mode exec) or an expression (mode eval); errors are in the result, nothing is raised."""
    text = dedent(source).strip("\n") if mode == "exec" else source.strip()
    if not text or len(text) > MAX_SOURCE:
        return Code(_("The text is empty.") if not text else _("The text is too long."))
    try:
        tree = ast.parse(text, "<script>", mode)
        paths = _paths(tree)
        rules = Rules()
        tree = rules.visit(tree)
        if rules.errors:
            return Code(str(rules.errors[0]))
        found = Code()
        found.guards = tuple(sorted({node.id for node in ast.walk(tree) if _is_guard(node)}))
        found.code = compile(ast.fix_missing_locations(tree), "<script>", mode)
    except SyntaxError as error:
        return Code(_("Line %(line)s: %(reason)s", line=error.lineno, reason=error.msg), error.lineno)
    except (ValueError, RecursionError, MemoryError):
        return Code(_("The text is too deeply nested, or holds signs that no script holds."))
    found.used, found.stored, found.paths = frozenset(rules.used_names), frozenset(rules.stored), paths
    return found


def _is_guard(node: ast.AST) -> TypeGuard[ast.Name]:
    """No text may use such a name: it is one of ours."""
    return isinstance(node, ast.Name) and node.id.startswith("_")


def _paths(tree: ast.AST) -> tuple[tuple[str, ...], ...]:
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found: dict[tuple[str, ...], None] = {}
    for node in ast.walk(tree):
        if id(node) in inner or not isinstance(node, ast.Attribute | ast.Name):
            continue
        path: list[str] = []
        part: ast.AST = node
        while isinstance(part, ast.Attribute):
            path.insert(0, part.attr)
            part = part.value
        if isinstance(part, ast.Name) and part.id not in NAMES:
            found[(part.id, *path)] = None
    return tuple(found)


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(name, ast.Load()), args=list(args), keywords=[])


class Rules(RestrictingNodeTransformer):
    """RestrictedPython's rules without the statements no diagram needs, and with every operator guarded."""

    def __init__(self) -> None:
        self.stored: set[str] = set()
        super().__init__([], [], {})

    def refuse(self, node: ast.AST) -> ast.AST:
        """Refuse a kind of statement."""
        self.not_allowed(node)
        return node

    visit_Set = visit_SetComp = visit_Starred = refuse
    visit_Try = visit_TryStar = visit_With = visit_Raise = visit_Assert = refuse
    visit_ClassDef = visit_Import = visit_ImportFrom = visit_Global = refuse
    visit_Yield = visit_YieldFrom = visit_MatMult = visit_NamedExpr = refuse
    visit_Interactive = visit_TemplateStr = visit_Interpolation = refuse

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Names that mean something else may not be written."""
        if node.id in ("print", "printed"):
            self.error(node, _("There is nowhere to print to."))
        if not isinstance(node.ctx, ast.Load):
            self.stored.add(node.id)
            if node.id in NAMES:
                self.error(node, _("“%(name)s” has a meaning of its own here; take another name.", name=node.id))
        found: ast.AST = super().visit_Name(node)
        return found

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Numbers with a point become decimals; bytes and absurd sizes are refused."""
        value = node.value
        if type(value) is float:
            return ast.copy_location(_call("_decimal_", ast.Constant(repr(value))), node)
        if type(value) not in (str, int, bool, type(None)):
            return self.refuse(node)
        too_large = (isinstance(value, int) and value.bit_length() > MAX_BITS) or (
            isinstance(value, str) and len(value) > MAX_TEXT
        )
        return self.refuse(node) if too_large else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """`a + b` becomes `_binary_("+", a, b)`."""
        node = self.node_contents_visit(node)
        sign = ast.Constant(_SIGNS.get(type(node.op), "?"))
        return ast.copy_location(_call("_binary_", sign, node.left, node.right), node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """`a < b` becomes `_holds_("<", a, b)`, and `a < b < c` becomes `_compare_(("<", "<"), a, b, c)`."""
        node = self.node_contents_visit(node)
        if len(node.ops) == 1:
            sign = ast.Constant(_SIGNS[type(node.ops[0])])
            return ast.copy_location(_call("_holds_", sign, node.left, *node.comparators), node)
        signs = ast.Tuple([ast.Constant(_SIGNS[type(sign)]) for sign in node.ops], ast.Load())
        return ast.copy_location(_call("_compare_", signs, node.left, *node.comparators), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """`a += b` becomes `a = a + b`, for items too."""
        if isinstance(node.target, ast.Attribute):
            return self.refuse(node)
        before = copy.deepcopy(node.target)
        before.ctx = ast.Load()
        value = ast.copy_location(ast.BinOp(before, node.op, node.value), node)
        return self.visit(ast.copy_location(ast.Assign([node.target], value), node))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """`f"{a}b"` becomes `_text_(_format_(a, -1, ""), "b")`."""
        parts = [self.visit(part) for part in node.values]
        return ast.copy_location(_call("_text_", *parts), node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """One value of an f-string."""
        spec = self.visit(node.format_spec) if node.format_spec is not None else ast.Constant("")
        found = _call("_format_", self.visit(node.value), ast.Constant(node.conversion), spec)
        return ast.copy_location(found, node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """Keys pass the guard: hashing a nested tuple can take forever."""
        if None in node.keys:
            return self.refuse(node)
        node = self.node_contents_visit(node)
        node.keys = [_call("_key_", key) for key in node.keys if key is not None]
        return node

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        """Keys pass the guard."""
        node = super().visit_DictComp(node)
        node.key = _call("_key_", node.key)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """No unpacking into calls: it would pass the counting of steps."""
        if any(keyword.arg is None for keyword in node.keywords):
            self.refuse(node)
        found: ast.AST = super().visit_Call(node)
        return found

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Calling a function counts."""
        self.stored.add(node.name)
        if node.decorator_list or node.name in NAMES:
            self.refuse(node)
        node = super().visit_FunctionDef(node)
        node.body.insert(0, ast.copy_location(ast.Expr(_call("_step_")), node))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """Calling a lambda counts."""
        node = super().visit_Lambda(node)
        node.body = ast.copy_location(ast.IfExp(_call("_step_"), node.body, ast.Constant(None)), node.body)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        """Each round counts."""
        node = self.node_contents_visit(node)
        node.body.insert(0, ast.copy_location(ast.Expr(_call("_step_")), node))
        return node
