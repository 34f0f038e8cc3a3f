"""Exact arithmetic: Claude is a poor calculator, and knows it."""

import ast
import asyncio
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .base import Input, Tool, ToolContext, ToolError, ToolResult

MAX_CHARACTERS = 1_000  # ours: longer than anybody writes
MAX_DEPTH = 50  # ours: deeper than anybody nests
MAX_BITS = 14_000  # below the 4,300 digits that Python turns into text
MAX_FACTORIAL = 1_500  # its result has about MAX_BITS bits
MAX_DIGITS = 1_000  # ours: what is worth reading of a number
MAX_DECIMALS = 30  # ours: digits after the point of a number that comes out even
DECIMALS = 15  # ours: those of any other

# What people write for times (two signs), divided by, minus and to the power of.
SIGNS = str.maketrans(
    {"\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u2212": "-", "^": "**"}
)

type Number = Fraction | float
type Function = Callable[..., Any]


class Calculator(Tool):
    """Evaluates one expression: fractions stay exact, the rest is floating point."""

    name = "calculator"
    title = "Calculator"
    summary = "Exact results instead of guesses."
    description = (
        "Evaluates an arithmetic expression exactly. Use it for every calculation that"
        " is more than trivial. It knows + - * / // % ** and parentheses, the constants"
        " pi, e and tau, and the functions sqrt, exp, log(x, base), log2, log10, sin,"
        " cos, tan, asin, acos, atan, atan2, degrees, radians, abs, round(x, digits),"
        " floor, ceil, min, max, sum, gcd, lcm, factorial, comb, perm and hypot. Angles"
        " are in radians. One expression for each call; no variables."
    )
    input_schema: Input = {
        "type": "object",
        "properties": {
            "expression": {
                "type": "string",
                "description": "For example (17 * 23.5 + 12) / 7 or comb(49, 6).",
                "maxLength": MAX_CHARACTERS,
            }
        },
        "required": ["expression"],
    }

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        expression = tool_input["expression"]
        # Soon done, but not soon enough for all others to wait for it.
        result = await asyncio.to_thread(lambda: spoken(evaluate(expression)))
        return ToolResult(result, title=f"= {result}")


def evaluate(expression: str) -> Number:
    """Return the value of an expression. Raises ToolError."""
    try:
        tree = ast.parse(_in_python(expression), mode="eval")
        return _value(tree.body, 0)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ToolError(f"This cannot be calculated: {_reason(error)}") from None
    except ZeroDivisionError:
        raise ToolError("This cannot be calculated: it divides by zero.") from None
    except OverflowError:
        raise ToolError("The result is too large.") from None


def spoken(value: Number) -> str:
    """Return a number as people write it; a fraction also as such."""
    if isinstance(value, float):
        return repr(int(value)) if _is_whole(value) else repr(value)
    if value.denominator == 1:
        return _shortened(value.numerator)
    decimals = _decimals(value)
    if decimals is not None:
        return decimals
    return f"{_rounded(value)}… ({_shortened(value.numerator)}/{_shortened(value.denominator)})"


def _in_python(expression: str) -> str:
    """Return an expression in Python's signs: people write others too."""
    return expression.translate(SIGNS).strip()


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return "it is no expression."
    text = str(error)
    return text[:1].lower() + text[1:] if text else "it is too deep."


def _value(node: ast.expr, depth: int) -> Number:
    if depth > MAX_DEPTH:
        raise ValueError(f"It is nested more than {MAX_DEPTH} deep.")
    match node:
        case ast.Constant(value=bool() | complex()):
            raise ValueError("It has something else than numbers.")
        case ast.Constant(value=int(number)):
            return _checked(Fraction(number))
        case ast.Constant(value=float()):
            return _checked(Fraction(_source(node)))
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, depth + 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, depth + 1)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            values = _value(left, depth + 1), _value(right, depth + 1)
            return _checked(OPERATORS[type(sign)](*values))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _checked(_called(name, [_value(arg, depth + 1) for arg in args]))
    raise ValueError("It has something that this calculator does not know.")


def _source(node: ast.Constant) -> str:
    # As it was written: 0.1 is a tenth, and not the float nearest to it.
    return repr(node.value)


def _called(name: str, values: list[Number]) -> Number:
    if name not in FUNCTIONS:
        raise ValueError(f"There is no function {name[:40]}.")
    result = FUNCTIONS[name](*values)
    return Fraction(result) if isinstance(result, int) else result


def _checked(value: Any) -> Number:
    """Refuse what would take long to go on with. Raises OverflowError."""
    if isinstance(value, complex):
        raise ValueError("The result is no real number.")  # noqa: TRY004  of the person's
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            raise OverflowError
        return value
    number = Fraction(value)
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > MAX_BITS:
        raise OverflowError
    return number


def _power(base: Number, exponent: Number) -> Any:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator == 1 and abs(exponent) * bits > MAX_BITS:
            raise OverflowError
    return base**exponent


def _whole(*values: Number) -> list[int]:
    for value in values:
        if value != int(value):
            raise ValueError("This function takes whole numbers only.")
    return [int(value) for value in values]


def _factorial(value: Number) -> int:
    [number] = _whole(value)
    if number > MAX_FACTORIAL:
        raise OverflowError
    return math.factorial(number)


def _choosing(function: Function) -> Function:
    def choose(n: Number, k: Number) -> int:
        if max(*_whole(n, k)) > MAX_FACTORIAL * 10:
            raise OverflowError
        return int(function(*_whole(n, k)))

    return choose


def _sqrt(value: Number) -> Number:
    """Return an exact root where there is one."""
    if isinstance(value, Fraction) and value >= 0:
        root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
        if root * root == value:
            return root
    return math.sqrt(value)


def _round(value: Number, digits: Number = Fraction(0)) -> Number:
    [places] = _whole(digits)
    if abs(places) > MAX_DECIMALS:
        raise ValueError(f"It rounds to at most {MAX_DECIMALS} digits.")
    return Fraction(round(Fraction(value), places))


def _log(value: Number, base: Number = math.e) -> float:
    exact = EXACT_LOGARITHMS.get(float(base))
    if exact is not None:
        return _logarithm(exact, value)
    return _logarithm(math.log, value) / _logarithm(math.log, base)


def _logarithm(function: Function, value: Number) -> float:
    if value <= 0:
        raise ValueError("A logarithm needs positive numbers.")
    if isinstance(value, Fraction):
        # That of an int has no limit of size.
        return float(function(value.numerator) - function(value.denominator))
    return float(function(value))


EXACT_LOGARITHMS: dict[float, Function] = {
    math.e: math.log,
    2: math.log2,
    10: math.log10,
}
CONSTANTS: dict[str, Number] = {"pi": math.pi, "e": math.e, "tau": math.tau}
OPERATORS: dict[type[ast.operator], Function] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
FUNCTIONS: dict[str, Function] = {
    "abs": abs,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "min": min,
    "max": max,
    "sum": lambda *values: sum(values),
    "sqrt": _sqrt,
    "exp": math.exp,
    "log": _log,
    "log2": lambda value: _log(value, Fraction(2)),
    "log10": lambda value: _log(value, Fraction(10)),
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "atan2": math.atan2,
    "degrees": math.degrees,
    "radians": math.radians,
    "hypot": math.hypot,
    "gcd": lambda *values: math.gcd(*_whole(*values)),
    "lcm": lambda *values: math.lcm(*_whole(*values)),
    "factorial": _factorial,
    "comb": _choosing(math.comb),
    "perm": _choosing(math.perm),
}


def _is_whole(value: float) -> bool:
    return value.is_integer() and abs(value) < 1e15


def _decimals(value: Fraction) -> str | None:
    """Return a fraction as decimals if it comes out even in few of them."""
    rest, places = value.denominator, 0
    for factor in (2, 5):
        count = 0
        while rest % factor == 0:
            rest, count = rest // factor, count + 1
        places = max(places, count)
    if rest != 1 or places > MAX_DECIMALS:
        return None
    return _pointed(value.numerator * 10**places // value.denominator, places)


def _rounded(value: Fraction) -> str:
    scaled = abs(value) * 10**DECIMALS
    return _pointed(int(scaled) * (1 if value > 0 else -1), DECIMALS)


def _pointed(scaled: int, places: int) -> str:
    digits = str(abs(scaled)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def _shortened(number: int) -> str:
    digits = str(number)
    if len(digits) <= MAX_DIGITS:
        return digits
    return f"{digits[:50]}… ({len(digits.lstrip('-')):,} digits)"
