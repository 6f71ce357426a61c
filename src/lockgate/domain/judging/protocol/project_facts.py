"""What lies beside the evidence in the project where it was collected: facts to hold the documents against."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.domain.identity import Digest


@dataclass(frozen=True)
class ProjectFacts:
    """Facts of the project; a release carries few of them. What is ``None``, or not named, is not known.

    ``files`` has the digest of a file that the evidence names: ``report`` of the tests, ``training`` and ``validation``
    of the tables; ``None`` where it should be and is not. ``label``, ``labels``, ``positive``, ``time`` and ``group``
    are those of ``tables`` in ``params.yaml``. ``pins`` are the versions that the service will run with.
    ``model_bytes`` are the ONNX file's. ``told`` are files that git does not have and that nothing has read.
    ``methods`` are what each kind of evidence is measured by in this environment. ``loosened`` are the settings of the
    policy that demand less than before since the champion was judged, each with the commit that changed the candidate
    as well.
    """

    files: Mapping[str, Digest | None] = field(default_factory=dict)
    label: str | None = None
    positive: str | None = None
    labels: tuple[str, ...] = ()
    time: str | None = None
    group: str | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
    model_bytes: int | None = None
    told: tuple[str, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)
    loosened: tuple[str, ...] = ()
