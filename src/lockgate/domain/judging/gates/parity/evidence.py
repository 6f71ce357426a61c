"""Evidence on parity: the source model, its ONNX export and the packaged release, output by output. Facts only."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.task import UNTOLD, Task
from lockgate.domain.model.versions import Upgrades, extended


@dataclass(frozen=True)
class WorstRow:
    """A row on which an output differs most: its number, the two answers, and for an invented row what it is."""

    row: int
    absolute: float
    expected: tuple[float | None, ...]
    actual: tuple[float | None, ...]
    name: str = ""


@dataclass(frozen=True)
class OutputParity:
    """One output, as declared, as the source model answered it, and as ONNX Runtime answered it.

    Shapes include the row axis. Differences are over all cells where both are finite; ``None`` where there is none to
    compare. ``mismatches`` counts cells where one side is NaN or infinite and the other is not the same. ``max_ulp`` is
    in units in the last place of the declared type at the reference's value; ``quantiles`` are those of the absolute
    difference at 0.5, 0.9, 0.99 and 0.999; ``histogram`` counts cells with no difference, then up to each of 1e-12,
    1e-11 ... 1, then above.

    Of numbers that have no end (all but probabilities), ``sizes`` are the typical ones of the columns: the median
    absolute value of the reference's first rows. ``max_scaled`` is the largest difference in relation to the
    reference's own value, or to the typical size where that is more.
    """

    name: str
    expected_dtype: str
    actual_dtype: str
    expected_shape: tuple[int, ...]
    actual_shape: tuple[int, ...]
    max_absolute: float | None = None
    max_relative: float | None = None
    mismatches: int = 0
    max_ulp: float | None = None
    quantiles: tuple[float, ...] = ()
    histogram: tuple[int, ...] = ()
    worst_rows: tuple[WorstRow, ...] = ()
    max_scaled: float | None = None
    sizes: tuple[float, ...] = ()

    @property
    def apart(self) -> float | None:
        """The largest difference that limits hold: absolute, or in relation to the size of answers that have no end."""
        return self.max_scaled if self.sizes else self.max_absolute

    @property
    def same_form(self) -> bool:
        """Whether type and shape are exactly as declared."""
        return self.expected_dtype == self.actual_dtype and self.expected_shape == self.actual_shape


@dataclass(frozen=True)
class Calibration:
    """One output's largest and root-mean-square errors against the truth in float64, ONNX model and source model.

    The source model's are those of its own float32 arithmetic, or of its inputs and thresholds rounded to float32.
    ``ulp`` is the distance between float32 neighbours at the largest answer. Rows that rounding moves across a tree's
    threshold (``crossing``) stand apart, with the ONNX model's largest error on them.
    """

    output: str
    rows: int
    ulp: float
    onnx_largest: float
    onnx_rms: float
    source_largest: float
    source_rms: float
    crossing: int = 0
    crossing_largest: float = 0.0


@dataclass(frozen=True)
class Flip:
    """A row on which the two answered different labels; ``margin`` is the reference's between its best two classes.

    Of more than two classes it is between the two labels; of several labels at once, how far the one is from 0.5.
    """

    row: int
    expected: str
    actual: str
    margin: float | None = None
    name: str = ""


@dataclass(frozen=True)
class MetricParity:
    """A metric of the source model and of the ONNX model on the same rows; ``None`` for one that is no number."""

    name: str
    source: float | None
    onnx: float | None


@dataclass(frozen=True)
class InventedParity:
    """The same on rows at and beyond the edges of the training data.

    ``crossing`` counts rows that were left out because they lie where float32 cannot hold a tree's threshold.
    ``stored`` says that the source is a file of answers, which has none to invented rows. ``refused`` names rows to
    which the trained model itself gives no answer, so that there is nothing to compare with; ``error`` says why the
    ONNX model gave up on the others.
    """

    rows: int
    missing_outputs: tuple[str, ...] = ()
    outputs: tuple[OutputParity, ...] = ()
    flips: int | None = None
    worst_flips: tuple[Flip, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    refused: tuple[str, ...] = ()
    crossing: int = 0
    stored: bool = False
    error: str = ""


@dataclass(frozen=True)
class SettingParity:
    """The ONNX model in another setting against its own answers to all rows at once; ``error`` where it gave up."""

    setting: str
    rows: int
    missing_outputs: tuple[str, ...] = ()
    outputs: tuple[OutputParity, ...] = ()
    flips: int | None = None
    worst_row: int | None = None
    error: str = ""
    worst_flips: tuple[Flip, ...] = ()


@dataclass(frozen=True)
class ParityEvidence:
    """The source model against its ONNX export on the same rows, output by output.

    There are no flips where the task has no label. ``improbable`` counts rows whose answer is none of its task: there
    are probabilities outside 0 to 1, or of classes that do not add up to 1. ``crossed`` are the rows in which quantiles
    cross, of the trained model and of the ONNX model.

    ``without_source`` says that there is no trained model and no stored answer: the export was compared with the file
    that was handed over, which is itself.
    """

    subject: Subject
    tools: dict[str, str]
    source: Digest
    rows: int
    missing_inputs: tuple[str, ...]
    unexpected_inputs: tuple[str, ...]
    missing_outputs: tuple[str, ...]
    unexpected_outputs: tuple[str, ...]
    outputs: tuple[OutputParity, ...]
    flips: int | None
    worst_flips: tuple[Flip, ...] = ()
    reordered_outputs: tuple[str, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    metrics: tuple[MetricParity, ...] = ()
    exporter: dict[str, str] = field(default_factory=dict)
    serving_runtime: str | None = None
    invented: InventedParity | None = None
    settings: tuple[SettingParity, ...] = ()
    task: Task = UNTOLD
    improbable: int = 0
    crossed: tuple[int, int] | None = None
    method: str = ""
    without_source: bool = False
    schema: Literal["lockgate/evidence/parity/2"] = "lockgate/evidence/parity/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/evidence/parity/1": extended("lockgate/evidence/parity/2")}


@dataclass(frozen=True)
class PackagedParity:
    """A packaged release's own answers to the held-out rows, against those of the judged ONNX model.

    ``served`` is what the service says that it runs on, ``judged`` what the other answers came from.
    """

    release: Digest
    subject: Subject
    where: str
    rows: int
    served: dict[str, str]
    judged: dict[str, str]
    missing_outputs: tuple[str, ...]
    outputs: tuple[OutputParity, ...]
    flips: int | None
    worst_flips: tuple[Flip, ...] = ()
    task: Task = UNTOLD
    method: str = ""
    schema: Literal["lockgate/evidence/packaged/2"] = "lockgate/evidence/packaged/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/evidence/packaged/1": extended("lockgate/evidence/packaged/2")}
