"""From a client's text to nodes: checked word by word, then node by node."""

import ast
import math
import re
from functools import lru_cache
from typing import cast

import numpy as np

from tilewright.errors import ParameterError
from tilewright.expression.nodes import (
    ARITHMETIC,
    COMPARISONS,
    CONSTANTS,
    FUNCTIONS,
    LOGIC,
    Band,
    Call,
    Constant,
    Node,
    Output,
    power,
)

MOST_CHARACTERS = 2000
MOST_OUTPUTS = 16
MOST_NODES = 300
MOST_DEPTH = 100
LARGEST_EXPONENT = 32
_EXACT_WHOLE = 1e15

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?P<name>[A-Za-z_]\w*)"
    r"|\*\*|<=|>=|==|!=|[-+*/%<>&|~(),])",
    re.ASCII,
)
_BAND = re.compile(r"b([1-9][0-9]{0,4})", re.ASCII)


@lru_cache(maxsize=512)
def outputs(text: str) -> tuple[Output, ...]:
    """Parse a text. Raises ParameterError."""
    if len(text) > MOST_CHARACTERS:
        raise _wrong(f"at most {MOST_CHARACTERS} characters long", text)
    parts = text.split(";")
    if len(parts) > MOST_OUTPUTS:
        raise _wrong(f"at most {MOST_OUTPUTS} outputs", text)
    outputs = tuple(_output(part) for part in parts)
    if not any(output.bands for output in outputs):
        raise _wrong("about at least one band, such as b1", text)
    return outputs


def _output(text: str) -> Output:
    _check_words(text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _wrong("well-formed arithmetic over bands b1, b2, …", text) from None
    reading = _Reading()
    root = reading.node(tree.body, 0)
    canonical = ast.unparse(tree).replace(" ", "")
    return Output(canonical, root, tuple(sorted(reading.bands)))


def _check_words(text: str) -> None:
    """Let nothing but numbers, operators and known names come before Python's parser."""
    place, depth, end = 0, 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise _wrong("numbers, bands, operators and functions only", text[place:].strip())
        name = match["name"]
        if name and not (name in FUNCTIONS or name in CONSTANTS or _BAND.fullmatch(name)):
            known = ", ".join([*FUNCTIONS, *CONSTANTS])
            raise _wrong(f"made of b1, b2, … and {known}", name)
        word = match[0].strip()
        depth += (word == "(") - (word == ")")
        if depth > MOST_DEPTH:
            raise _wrong(f"nested at most {MOST_DEPTH} deep", text)
        place = match.end()


class _Reading:
    """Turns Python's tree into ours; nothing that is not named here passes."""

    def __init__(self) -> None:
        self.bands: set[int] = set()
        self._nodes = 0

    def node(self, tree: ast.expr, depth: int) -> Node:
        self._nodes += 1
        if depth > MOST_DEPTH or self._nodes > MOST_NODES:
            raise _wrong(f"of at most {MOST_NODES} parts, nested at most {MOST_DEPTH} deep", None)
        if isinstance(tree, ast.Constant):
            return _constant(tree)
        if isinstance(tree, ast.Name):
            return self._name(tree.id)
        parts = [child for child in ast.iter_child_nodes(tree) if isinstance(child, ast.expr)]
        match tree:
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
                return _call(name, tuple(self.node(part, depth + 1) for part in parts[1:]))
            case ast.UnaryOp(op=operator):
                return _unary(operator, self.node(parts[0], depth + 1))
            case ast.BinOp(op=operator, left=left, right=right):
                return _binary(operator, self.node(left, depth + 1), self.node(right, depth + 1))
            case ast.Compare(ops=[comparison]):
                return _compare(comparison, [self.node(part, depth + 1) for part in parts])
            case ast.Compare():
                raise _wrong("one comparison in each pair of brackets: (b1>2)&(b1<5)", None)
        raise _wrong("arithmetic over bands b1, b2, …", ast.unparse(tree))

    def _name(self, name: str) -> Node:
        if name in CONSTANTS:
            return Constant(CONSTANTS[name])
        if _BAND.fullmatch(name) is None:
            raise _wrong(f"such that brackets with values follow {name}", None)
        index = int(name[1:]) - 1
        self.bands.add(index)
        return Band(index)


def _call(name: str, operands: tuple[Node, ...]) -> Node:
    operation, count = FUNCTIONS[name]
    if len(operands) != count:
        raise _wrong(f"given {count} value{'s' * (count > 1)} for {name}", len(operands))
    if operation is np.where and not operands[0].truth:
        raise _wrong("given a comparison first for where: where(b1>2,b1,0)", None)
    return Call(operation, operands)


def _compare(comparison: ast.cmpop, operands: list[Node]) -> Node:
    operation = COMPARISONS.get(type(comparison))
    if operation is None or any(operand.truth for operand in operands):
        raise _wrong("such that only numbers are compared, by < <= > >= == !=", None)
    return Call(operation, tuple(operands), truth=True)


def _constant(tree: ast.Constant) -> Constant:
    try:
        # The words let no text, truth or imaginary number come this far.
        value = float(cast("float", tree.value))
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise _wrong("made of numbers below 1e308", None)
    # 2, 2.0 and 2e0 are one number: they get one text.
    whole = value.is_integer() and value < _EXACT_WHOLE
    tree.value = int(value) if whole else value
    return Constant(value)


def _unary(operator: ast.unaryop, operand: Node) -> Node:
    if isinstance(operator, ast.Invert):
        if not operand.truth:
            raise _wrong("given a comparison after ~", None)
        return Call(np.logical_not, (operand,), truth=True)
    return Call(np.negative if isinstance(operator, ast.USub) else np.positive, (operand,))


def _binary(operator: ast.operator, left: Node, right: Node) -> Node:
    kind = type(operator)
    if kind in LOGIC:
        if not (left.truth and right.truth):
            raise _wrong("given comparisons in brackets around & and |: (b1>2)&(b1<5)", None)
        return Call(LOGIC[kind], (left, right), truth=True)
    if kind is ast.Pow:
        exponent = _exponent(right)
        if exponent is None or abs(exponent) > LARGEST_EXPONENT:
            raise _wrong(
                f"made with exponents that are numbers from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}",
                None,
            )
        return Call(power, (left, right))
    if kind not in ARITHMETIC:
        raise _wrong("made of + - * / % ** & |", None)
    return Call(ARITHMETIC[kind], (left, right))


def _exponent(node: Node) -> float | None:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Call) and node.operation is np.negative:
        inner = _exponent(node.operands[0])
        return None if inner is None else -inner
    return None


def _wrong(allowed: str, value: object) -> ParameterError:
    return ParameterError("expression", allowed, value)
