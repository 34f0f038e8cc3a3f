"""The one error of this room: an address that was not fetched, with the reason."""


class FetchRefused(Exception):
    """Nothing was fetched; `message` says why, to a person or to a model.

    Types: `bad_link`, `unreachable`, `timed_out`, `too_many_redirects`, `too_large`,
    `wrong_type`, `bad_answer`, `bad_status`, `busy`. A name that nobody has, one that
    leads to a private address and a server that does not answer are told alike:
    whoever asks learns nothing of our network.
    """

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
