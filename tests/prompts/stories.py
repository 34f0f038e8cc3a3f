"""What may happen in a conversation, for hypothesis to draw from."""

from dataclasses import dataclass

from hypothesis import strategies as st

from conversations.claude.capabilities import supported_efforts, supported_thinking
from conversations.claude.catalog import KNOWN_MODELS, ModelFacts
from conversations.models import Kind, ModelCard
from conversations.prompts.thinking import settings_problem
from conversations.simulator.models import KNOWN_MODELS as KNOWN_TO_THE_SIMULATOR


@dataclass(frozen=True)
class Piece:
    """What becomes a block of an answer, or two; `kind` is one of PIECES."""

    kind: str
    text: str = "x"


@dataclass(frozen=True)
class Round:
    """One request's answer, and how many of its calls were run before the next one."""

    pieces: tuple[Piece, ...]
    answered: int = 9
    is_resumed: bool = True


@dataclass(frozen=True)
class Drawn:
    """An answer as hypothesis makes it up, and how it ended."""

    rounds: tuple[Round, ...]
    stop_reason: str = "end_turn"
    cut: tuple[int, int] | None = None  # (block, UTF-16 units of it)
    is_foreign: bool = False


@dataclass(frozen=True)
class Ask:
    """A person sends, edits or retries. `answer` None lets the simulator answer."""

    text: str
    files: tuple[Kind, ...]
    settings: tuple[str, str, str]
    answer: Drawn | None
    place: tuple[str, int] = ("leaf", 0)


@dataclass(frozen=True)
class Lose:
    """A file goes: its row, or only its bytes."""

    number: int
    is_row: bool


def all_settings() -> list[tuple[str, str, str]]:
    """Return (model, effort, thinking) for everything that people may choose."""
    known = {
        model.id for model in KNOWN_TO_THE_SIMULATOR if model.lifecycle != "retired"
    }
    return [
        (facts.id, effort, thinking)
        for facts in KNOWN_MODELS
        if facts.id in known
        for effort in ("", *supported_efforts(facts.capabilities))
        for thinking in ("", *supported_thinking(facts.capabilities))
        if settings_problem(card_of(facts), effort, thinking) is None
    ]


def card_of(facts: ModelFacts) -> ModelCard:
    return ModelCard(model_id=facts.id, capabilities=facts.capabilities)


PIECES = ("thinking", "text", "call", "search", "open search", "code")
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="["),
    min_size=1,
    max_size=12,
)
said = st.one_of(texts, st.sampled_from([" ", "\n\n", "😀 oak", "Trees."]))
asked = st.one_of(
    texts.map(lambda text: f"{text}!"),
    st.sampled_from(
        ["What does the document say of pears?", "And 2 + 2?", "Oak, please."]
    ),
)
chosen = st.sampled_from(all_settings())
attached = st.lists(st.sampled_from(Kind), max_size=2).map(tuple)
rounds = st.builds(
    Round,
    pieces=st.lists(
        st.builds(Piece, kind=st.sampled_from(PIECES), text=said), max_size=5
    ).map(tuple),
    answered=st.integers(0, 3),
    is_resumed=st.booleans(),
)
drawn = st.builds(
    Drawn,
    rounds=st.lists(rounds, min_size=1, max_size=3).map(tuple),
    stop_reason=st.sampled_from(["end_turn", "max_tokens", "refusal", "tool_use"]),
    cut=st.none() | st.tuples(st.integers(0, 6), st.integers(0, 12)),
    is_foreign=st.sampled_from([False, False, False, True]),
)
at_leaf = st.just(("leaf", 0))
versions = st.tuples(st.sampled_from(["edit", "retry"]), st.integers(0, 20))
anywhere = st.tuples(st.just("after"), st.integers(0, 20))
asks = st.builds(
    Ask,
    text=asked,
    files=attached,
    settings=chosen,
    answer=st.none() | drawn,
    place=at_leaf | versions | anywhere,
)
losses = st.builds(Lose, number=st.integers(0, 5), is_row=st.booleans())
stories = st.lists(st.one_of(asks, asks, asks, losses), min_size=1, max_size=7)
# People change models and branches as they like; nothing else goes wrong.
calm_stories = st.lists(
    st.builds(
        Ask,
        text=asked,
        files=attached,
        settings=chosen,
        answer=st.none(),
        place=at_leaf | versions,
    ),
    min_size=2,
    max_size=6,
)
