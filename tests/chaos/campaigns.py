"""All campaigns by their names, and what each of them does in two sentences."""

from dataclasses import dataclass

from tests.chaos import (
    cuts,
    faults,
    freeze,
    kill,
    leaks,
    outage,
    rolling,
    sends,
    stop,
)
from tests.chaos.campaign import Campaign


@dataclass(frozen=True)
class Listed:
    """A campaign as the report speaks of it."""

    title: str
    about: str
    run: Campaign


CAMPAIGNS = {
    kill.NAME: Listed(
        "The server is killed",
        "Servers with up to eight answers under way are killed with `kill -9` at random"
        " moments, half of the time on SQLite and half of the time on PostgreSQL, and"
        " started again at once. What the tab had been told and had shown before is"
        " then compared with what is stored.",
        kill.run,
    ),
    freeze.NAME: Listed(
        "An owner is frozen and wakes up",
        "Processes that answer are stopped with SIGSTOP, some of them in the middle of a"
        " transaction, until another process has taken over their answers. When they go"
        " on, nothing that they still write may reach the database.",
        freeze.run,
    ),
    stop.NAME: Listed(
        "The server is stopped under load",
        "A server with fifty answers under way gets SIGTERM, is asked more while it"
        " stops, and is started again when it has ended. The answers must be complete,"
        " or end with all the text that was shown, and the tabs must come back.",
        stop.run,
    ),
    rolling.NAME: Listed(
        "A rolling restart",
        "Two web and two worker processes on PostgreSQL and Redis are restarted one"
        " after the other while people talk without pause, through one address as"
        " behind a proxy. Every person has a second tab that looks on, often through"
        " the other process.",
        rolling.run,
    ),
    outage.NAME: Listed(
        "Redis, PostgreSQL and the disk are away",
        "Redis and then PostgreSQL are stopped under two web and two worker processes"
        " while people talk and long answers run, and started again; a server on SQLite"
        " finds its disk full. No process may end, every tab must be told, and after"
        " the return everything must go on.",
        outage.run,
    ),
    "cuts": Listed(
        "Connections are cut",
        "Three tabs watch the same conversations while their sockets are reset at random"
        " moments of the answers. At the end of each answer the text in every tab, the"
        " text in the database and the text that the API gives in one piece are"
        " compared.",
        cuts.cut_sockets,
    ),
    "sends": Listed(
        "Messages are sent twice",
        "A thousand messages are sent several times each: at once, late, over several"
        " sockets, over HTTP, and over connections that break. The database must hold"
        " each of them once, and the API must have been asked once for each.",
        sends.repeat_sends,
    ),
    faults.NAME: Listed(
        "The API fails in every way we know",
        "An upstream of our own plays scripts of faults: framing accidents, error"
        " statuses, cuts, stalls, redirects and every reason to stop. Each must end in"
        " the state and with the notice that the script names, and the next message in"
        " the same conversation must be answered.",
        faults.run,
    ),
    "leaks": Listed(
        "Nothing is left behind",
        "A thousand answers are streamed; some connections are reset and some tabs are"
        " closed in the middle. Afterwards sockets, threads, rows and memory of the"
        " server are compared with those before.",
        leaks.leave_nothing,
    ),
    "cuts-two": Listed(
        "Connections to two processes are cut",
        "Connections are cut as above, with the tabs on two processes that share"
        " PostgreSQL and Redis. A tab therefore watches answers that another process is"
        " writing.",
        cuts.cut_sockets_of_two,
    ),
    "sends-two": Listed(
        "Messages are sent twice, to two processes",
        "Messages are sent several times as above, with the copies going to two"
        " processes that share PostgreSQL and Redis. Which of them accepts one is a"
        " matter of chance.",
        sends.repeat_sends_to_two,
    ),
}
