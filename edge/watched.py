"""What every device of a link may say of its readings: how they are judged, and when they are worth sending."""

from edge.exception_report import ReportRow
from edge.quality.config import CheckRow
from edge.section import Section


class Watched(Section):
    """The part that the ``[[link.device]]`` sections share."""

    checks: tuple[CheckRow, ...] = ()
    report: tuple[ReportRow, ...] = ()

    @property
    def source(self) -> str:
        """As in the points of its readings."""
        raise NotImplementedError

    @property
    def instrument_checks(self) -> tuple[CheckRow, ...]:
        """What its model says of the instrument's range; rows of ``checks`` stand above it."""
        return ()

    @property
    def cadence_s(self) -> float | None:
        """How often it is asked; None where it speaks unasked."""
        return None
