"""What is told while a release is packaged, served and laid into an image."""

from dataclasses import dataclass

from lockgate.domain.serving.package_proof import PackageProof
from lockgate.ports import Package
from lockgate.usecases.project.events import Event
from lockgate.usecases.serving.proof import Prediction


@dataclass(frozen=True)
class Packaged(Event):
    """A release as a package that can be served; one that was made just now has no name yet."""

    package: Package


@dataclass(frozen=True)
class Proved(Event):
    """The server at that address answers rows of every kind as the judged model does."""

    prediction: Prediction
    url: str


@dataclass(frozen=True)
class PackageNamed(Event):
    """A package got its name, for it answered as judged all that the proof says."""

    package: Package
    proof: PackageProof


@dataclass(frozen=True)
class ImageSaid(Event):
    """A line of the log of an image that is built."""

    line: str
