"""The value of an expression as ComfyUI's Math Expression node has them: `ceil(a * 1.5 / 16) * 16`.

Only numbers, names, operators and a few functions are known, so nothing else can happen in one.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

OPERATORS: Final[Mapping[type[ast.AST], Callable[..., float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
"""No powers: they can be made to take for ever."""

FUNCTIONS: Final[Mapping[str, Callable[..., float]]] = {
    "abs": abs,
    "ceil": math.ceil,
    "float": float,
    "floor": math.floor,
    "int": int,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}


def evaluated(expression: str, values: Mapping[str, float]) -> float | None:
    """The number that an expression is; None if it is none, or is not understood."""
    try:
        number = float(_value(ast.parse(expression.strip(), mode="eval").body, values))
        return number if math.isfinite(number) else None
    except (ArithmeticError, KeyError, RecursionError, SyntaxError, TypeError, ValueError):
        return None


def _value(node: ast.AST, values: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            return OPERATORS[type(op)](_value(operand, values))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return FUNCTIONS[name](*(_value(it, values) for it in args))
    raise ValueError(f"{type(node).__name__} is no arithmetic")
