"""What a tab shows of all its conversations: docs/protocol.md, section 5, folded.

Without any network: events go in, and only they change anything.
"""

from dataclasses import dataclass, field

from tests.chaos.tab_turn import LIVE_STATES, Json, ShownTurn, Verdict


@dataclass
class ShownConversation:
    """The newest messages of a branch, oldest first, by their ids."""

    row: Json
    leaf: str | None = None
    path: list[str] = field(default_factory=list)


class TabState:
    """Folds events. Everything is found by its id."""

    def __init__(self) -> None:
        self.conversations: dict[str, ShownConversation] = {}
        self.messages: dict[str, Json] = {}
        self.turns: dict[str, ShownTurn] = {}
        self.compactions: dict[str, Json] = {}

    def apply(self, event: Json) -> list[str]:
        """Fold one event; return the turns that have to be asked for anew."""
        if "seq" in event:
            return self._take(event)
        match event["type"]:
            case "message.accepted":
                self._accept(event)
            case "conversation.snapshot":
                return self._replace(event)
            case "compaction.changed":
                row = event["compaction"]
                self.compactions[row["id"]] = row
            case "conversation.renamed" if event["conversation"] in self.conversations:
                row = self.conversations[event["conversation"]].row
                row |= {"title": event["title"], "tags": event["tags"]}
            case "turn.suggested" if event["turn"] in self.turns:
                self.turns[event["turn"]].row["suggestions"] = event["suggestions"]
            case "conversation.changed" if event["change"] == "deleted":
                self.conversations.pop(event["conversation"], None)
        return []

    def text(self, turn_id: str) -> str:
        """Return the text that is shown as the answer of a turn."""
        turn = self.turns.get(turn_id)
        if turn is not None and turn.answers:
            return turn.text
        # It had ended before it was first seen: the stored messages are shown.
        rows = [row for row in self.messages.values() if row["turn"] == turn_id]
        return "".join(row["text"] for row in sorted(rows, key=lambda row: row["id"]))

    @property
    def disagreements(self) -> list[str]:
        """Where a snapshot did not say what the events before it had added up to."""
        return [text for turn in self.turns.values() for text in turn.disagreements]

    def forget_questions(self) -> None:
        """A new connection: what was asked on the old one is not answered any more."""
        for turn in self.turns.values():
            turn.is_waiting = False

    def _take(self, event: Json) -> list[str]:
        turn = self.turns.setdefault(event["turn"], ShownTurn(row={}))
        was_closed = turn.is_closed
        if turn.take(event) is Verdict.GAP:
            return [event["turn"]]
        if turn.is_closed and not was_closed:
            self._add_answer(event["conversation"], turn)
        return []

    def _add_answer(self, conversation_id: str, turn: ShownTurn) -> None:
        """Put the messages of a turn that has ended below its question."""
        shown = self.conversations.get(conversation_id)
        question = turn.row.get("user_message")
        if shown is None or turn.leaf is None or question not in shown.path:
            return
        ids = [answer["id"] for answer in turn.answers]
        kept = ids[: ids.index(turn.leaf) + 1] if turn.leaf in ids else [turn.leaf]
        shown.path, shown.leaf = [*_up_to(shown.path, question), *kept], turn.leaf

    def _accept(self, event: Json) -> None:
        row, message, turn = event["conversation"], event["message"], event["turn"]
        shown = self.conversations.setdefault(row["id"], ShownConversation(row))
        shown.row = dict(row)
        self.messages[message["id"]] = message
        for version in message["versions"]:
            if version in self.messages:
                known = self.messages[version]
                self.messages[version] = {**known, "versions": message["versions"]}
        if turn["id"] in self.turns:
            # The command was sent twice, and this accepts the copy: nothing is new.
            return
        self.turns[turn["id"]] = ShownTurn(row=dict(turn))
        parent = message["parent"]
        if message["id"] in shown.path:
            shown.path = _up_to(shown.path, message["id"])
        elif parent is None:
            shown.path = [message["id"]]
        elif parent in shown.path:
            shown.path = [*_up_to(shown.path, parent), message["id"]]
        else:
            return
        shown.leaf = message["id"]

    def _replace(self, event: Json) -> list[str]:
        self.messages |= {message["id"]: message for message in event["messages"]}
        self.conversations[event["conversation"]["id"]] = ShownConversation(
            dict(event["conversation"]),
            event["leaf"],
            [message["id"] for message in event["messages"]],
        )
        self.compactions |= {row["id"]: row for row in event["compactions"]}
        return [row["id"] for row in event["turns"] if self._has_missed_the_end(row)]

    def _has_missed_the_end(self, row: Json) -> bool:
        """Say whether a turn ended while nobody listened; only a snapshot tells how."""
        is_final = row["state"] not in LIVE_STATES
        if (turn := self.turns.get(row["id"])) is None:
            self.turns[row["id"]] = ShownTurn(row=dict(row), is_closed=is_final)
            return False
        turn.is_waiting = is_final and not turn.is_closed
        return turn.is_waiting


def _up_to(path: list[str], message_id: str) -> list[str]:
    return path[: path.index(message_id) + 1]
