"""Pieces of markdown that answers are composed of: code, mathematics, tables."""

from conversations.simulator.answers.question import Question

FIBONACCI = '''```python
from collections.abc import Iterator


def fibonacci() -> Iterator[int]:
    """Yield the Fibonacci numbers, without end."""
    current, following = 0, 1
    while True:
        yield current
        current, following = following, current + following
```'''

PRIMES = '''```python
def primes_below(limit: int) -> list[int]:
    """Return all primes below `limit`, by the sieve of Eratosthenes."""
    is_prime = [False, False] + [True] * (limit - 2)
    for number in range(2, int(limit**0.5) + 1):
        if is_prime[number]:
            for multiple in range(number * number, limit, number):
                is_prime[multiple] = False
    return [number for number, prime in enumerate(is_prime) if prime]
```'''

WORD_COUNT = '''```python
from collections import Counter


def most_common_words(text: str, count: int = 5) -> list[tuple[str, int]]:
    """Return the most frequent words of a text."""
    words = (word.strip(".,;:!?").lower() for word in text.split())
    return Counter(filter(None, words)).most_common(count)


print(most_common_words("the cat and the dog and the bird"))
# [('the', 3), ('and', 2), ('cat', 1), ('dog', 1), ('bird', 1)]
```'''

QUADRATIC = r"""The solutions of $ax^2 + bx + c = 0$ with $a \neq 0$ are

$$
x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
$$

and they are real exactly when the discriminant $b^2 - 4ac$ is not negative."""

GAUSS = r"""The Gaussian integral has no elementary antiderivative, yet a closed value:

$$
\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}
$$

Squaring it and changing to polar coordinates with $r\,dr\,d\theta$ shows why."""

STEPS = """1. **Say what you want** in one sentence.
2. **Add what it rests on**: a PDF, a picture, a few lines of text.
3. **Read the answer** and follow a citation to its page.
4. **Ask again**, or change the question:
   - edit it to start another branch
   - retry to get another answer"""


def code_for(question: Question) -> str:
    """Return a fenced Python function near to what was asked."""
    if "fibonacci" in question.lower:
        return FIBONACCI
    if "prime" in question.lower:
        return PRIMES
    return WORD_COUNT


def mathematics_for(question: Question) -> str:
    """Return a few lines with mathematics."""
    return GAUSS if "integral" in question.lower else QUADRATIC


def table_of(question: Question) -> str:
    """Return a table of true facts about the prompt."""
    text = question.text
    longest = max(text.split(), key=len, default="").strip(".,;:!?").replace("|", "\\|")
    return "\n".join(
        [
            "| Your message | |",
            "|:---|---:|",
            f"| Characters | {len(text):,} |",
            f"| Words | {len(text.split()):,} |",
            f"| Lines | {text.count(chr(10)) + 1:,} |",
            f"| Longest word | {longest} |",
            f"| Messages of yours before it | {len(question.earlier)} |",
        ]
    )
