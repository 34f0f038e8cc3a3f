"""What was asked and what was seen of it, to be compared with what is stored."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from tests.chaos.campaign_figures import Findings
from tests.chaos.cluster_rows import Row, Rows
from tests.chaos.cluster_texts import Question
from tests.chaos.tab import Tab

FOREVER = 3600.0  # who calls sets the limit
LIVE = frozenset({"queued", "running"})


@dataclass(frozen=True)
class Entry:
    """One message that a tab sent, perhaps several times, under one client id."""

    key: str
    question: Question
    tab: Tab

    @property
    def is_accepted(self) -> bool:
        return self.key in self.tab.accepted

    @property
    def turn(self) -> str:
        return self.tab.accepted[self.key].turn

    @property
    def conversation(self) -> str:
        return self.tab.accepted[self.key].conversation

    @property
    def shown(self) -> str:
        """The answer's text as the tab shows it now."""
        return self.tab.text(self.turn) if self.is_accepted else ""

    @property
    def has_content(self) -> bool:
        """Whether the tab shows anything of the answer, thinking included."""
        if not self.is_accepted:
            return False
        answers = self.tab.state.turns[self.turn].answers
        blocks = [item["block"] for answer in answers for item in answer["blocks"]]
        return any(block.get("text") or block.get("thinking") for block in blocks)

    async def has_ended(self) -> None:
        """Return when it was refused, or accepted and answered."""
        tab = self.tab
        await tab.until(lambda: self.is_accepted or self.key in tab.rejected, FOREVER)
        if self.is_accepted:
            await tab.ended(self.turn, FOREVER)

    @property
    def is_live(self) -> bool:
        """Whether the tab knows of an answer that has not ended."""
        return self.is_accepted and not self.tab.state.turns[self.turn].is_closed


@dataclass
class Ledger:
    """Everything that was asked of one site."""

    entries: list[Entry] = field(default_factory=list)

    async def ask(
        self, tab: Tab, question: Question, conversation: str | None = None
    ) -> Entry:
        """Send a message without waiting for anything."""
        place = {"conversation": conversation} if conversation else {}
        key = await tab.post("message.send", text=question.prompt, **place)
        entry = Entry(key, question, tab)
        self.entries.append(entry)
        return entry

    async def settle(self, timeout_seconds: float = 60) -> None:
        """Wait until every message is accepted and every answer has ended.

        What does not, in that time, is for `judge` to find.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                for entry in self.entries:
                    await entry.has_ended()


@dataclass(frozen=True)
class Stored:
    """The rows of one moment."""

    turns: list[Row]
    questions: list[str]
    answers: dict[str, str]
    usage: list[Row]

    @classmethod
    def read(cls, rows: Rows) -> "Stored":
        return cls(
            turns=list(rows.turns().values()),
            questions=[
                row["text"] for row in rows.messages().values() if row["role"] == "user"
            ],
            answers=rows.answers(),
            usage=rows.usage(),
        )

    def row(self, entry: Entry) -> Row | None:
        """Return the one turn of a message; None when there is none, or several."""
        rows = [row for row in self.turns if row["client_id"] == entry.key]
        return rows[0] if len(rows) == 1 else None

    def answer(self, entry: Entry) -> str:
        return self.answers.get(entry.turn, "")


def judge(entries: list[Entry], stored: Stored, findings: Findings) -> None:
    """Find messages that are lost or doubled, and answers that are not what was shown.

    To be called when every answer has ended.
    """
    for entry in entries:
        row = stored.row(entry)
        copies = stored.questions.count(entry.question.prompt)
        if row is None or copies != 1:
            findings.add("message", f"{entry.key}: {copies} copies, turn {row}")
        elif not entry.is_accepted:
            findings.add("message", f"{entry.key} was never accepted")
        elif entry.turn != row["id"]:
            findings.add("message", f"{entry.key}: {entry.turn} became {row['id']}")
        else:
            _judge_answer(entry, row, stored, findings)


def _judge_answer(entry: Entry, row: Row, stored: Stored, findings: Findings) -> None:
    kept, about = stored.answer(entry), f"turn {row['id']} ({row['state']})"
    paid = [used for used in stored.usage if used["turn_id"] == row["id"]]
    if entry.is_live:
        state = entry.tab.state.turns[entry.turn]
        findings.add(
            "state", f"{about}: the tab was told no end, it is at {state.place}"
        )
    findings.check(
        entry.shown == kept,
        f"{about}: shown …{entry.shown[-40:]!r}, stored …{kept[-40:]!r}",
    )
    whole = kept if entry.question.answer is None else entry.question.answer
    match row["state"]:
        case "completed":
            findings.check(bool(kept) and kept == whole, f"{about}: {kept[-40:]!r}")
            real = [used for used in paid if not used["is_estimated"]]
            findings.check(len(real) == 1, f"{about}: {len(real)} bookings", "usage")
        case "interrupted":
            about = f"{about} is no beginning: {kept[-40:]!r}"
            findings.check(whole.startswith(kept), about)
        case state:
            findings.add("state", f"{about} ended as {state}: {row['error']}")
