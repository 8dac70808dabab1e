"""What the registry says no with; the API turns each into one HTTP status."""

from protocols.vocabulary import YingzhouError


class RegistryError(YingzhouError):
    """A request that the registry refuses.

    :param message: one line, for the one who asked.
    :param field: name of the offending field, empty when it is no single one.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotFound(RegistryError):
    """No such thing, or none that may be seen."""


class Conflict(RegistryError):
    """It exists already, or belongs to somebody else."""


class Invalid(RegistryError):
    """The value cannot be right."""
