"""The calculator is exact, and nothing that is typed into it can hurt."""

import time

import pytest

from conversations.tools.base import ToolError
from conversations.tools.calculator import evaluate, spoken


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("2 + 2", "4"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 8", "0.125"),
        ("-1 / 8", "-0.125"),
        ("1 / 3", "0.333333333333333… (1/3)"),
        ("-2 / 3", "-0.666666666666666… (-2/3)"),
        ("3 \u00d7 4 \u00f7 2 \u2212 1", "5"),
        ("2 ^ 10", "1024"),
        ("2 ** -2", "0.25"),
        ("17 // 5 + 17 % 5", "5"),
        ("(17 * 23.5 + 12) / 7", "58.785714285714285… (823/14)"),
        ("1e3 * 1.5", "1500"),
        ("sqrt(9 / 4)", "1.5"),
        ("sqrt(2)", "1.4142135623730951"),
        ("comb(49, 6)", "13983816"),
        ("factorial(20)", "2432902008176640000"),
        ("round(2 / 3, 4)", "0.6667"),
        ("log10(1000)", "3"),
        ("log(8, 2)", "3"),
        ("max(1, 7, 3) - gcd(12, 18)", "1"),
        ("cos(0)", "1"),
        ("floor(pi * 100) / 100", "3.14"),
        ("2 ** 200 - 2 ** 200 + 1", "1"),
        ("1_000 * 3", "3000"),
    ],
)
def test_result(expression: str, result: str) -> None:
    assert spoken(evaluate(expression)) == result


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "it is no expression"),
        ("2 +", "it is no expression"),
        ("x + 1", "does not know"),
        ("1 / 0", "divides by zero"),
        ("__import__('os').system('true')", "does not know"),
        ("(1).__class__", "does not know"),
        ("[1 for _ in range(9)]", "does not know"),
        ("open('/etc/passwd')", "something else than numbers|does not know"),
        ("'a' * 10", "does not know"),
        ("True + 1", "something else than numbers"),
        ("nothing(1)", "there is no function nothing"),
        ("sqrt(-1)", "cannot be calculated"),
        ("(-8) ** 0.5", "no real number"),
        ("comb(2.5, 1)", "whole numbers only"),
        ("sqrt(1, 2)", "cannot be calculated"),
        ("9 ** 9 ** 9", "too large"),
        ("factorial(100000)", "too large"),
        ("comb(10 ** 9, 5 * 10 ** 8)", "too large"),
        ("exp(1000)", "too large"),
        ("((((((((((" * 30, "no expression|too deep"),
        ("-" * 500 + "1", "nested more than 50 deep"),
        ("round(1, 10 ** 6)", "at most 30 digits"),
        ("1e999", "cannot be calculated|too large"),
    ],
)
def test_what_cannot_be_calculated_is_said(expression: str, reason: str) -> None:
    with pytest.raises(ToolError, match=reason):
        evaluate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "*".join(["(9**6000)"] * 50),
        "+".join(["factorial(1500)"] * 60),
        "comb(15000, 7500) ** 2",
        "log(10 ** 4000, 3 ** 4000)",
        "lcm(" + ",".join(str(number) for number in range(1, 200)) + ")",
    ],
)
def test_hard_work_ends_soon(expression: str) -> None:
    began = time.monotonic()
    try:
        spoken(evaluate(expression))
    except ToolError:
        pass

    assert time.monotonic() - began < 1


def test_huge_result_is_shortened() -> None:
    assert spoken(evaluate("7 ** 2000")).endswith("… (1,691 digits)")
