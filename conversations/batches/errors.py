"""The one error of this room."""


class BatchRefused(Exception):
    """What a batch was to be made of does not do; `field` is the form's that is wrong."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
