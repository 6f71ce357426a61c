"""Where everything lies in a project: every path that Lockgate reads or writes, in one place."""

from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.measuring.kinds import BY_NAME
from lockgate.domain.measuring.methods import FILE
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE


@dataclass(frozen=True)
class CandidateLayout:
    """The folder of one candidate: what training left, the export, and the evidence."""

    root: Path

    @property
    def trained(self) -> Path:
        """What the train stage hands over."""
        return self.root / "trained" / "trained.json"

    @property
    def validation(self) -> Path:
        """What the trained model answered on validation rows: a DVC metric."""
        return self.root / "validation.json"

    @property
    def epochs(self) -> Path:
        """The metrics of every epoch: a DVC plot."""
        return self.root / "epochs.csv"

    @property
    def export(self) -> Path:
        """The folder of the ONNX export: model, signature, profile."""
        return self.root / "export"

    @property
    def model(self) -> Path:
        """The ONNX file."""
        return self.export / MODEL

    @property
    def signature(self) -> Path:
        """The input and output signature."""
        return self.export / SIGNATURE

    @property
    def profile(self) -> Path:
        """The reference profile."""
        return self.export / PROFILE

    @property
    def evidence(self) -> Path:
        """The folder of evidence and score table."""
        return self.root / "evidence"

    @property
    def accuracy(self) -> Path:
        """The accuracy evidence."""
        return self.evidence / "accuracy.json"

    @property
    def parity(self) -> Path:
        """The parity evidence."""
        return self.evidence / "parity.json"

    def document(self, kind: str) -> Path:
        """The evidence document of that name."""
        return self.evidence / f"{kind}.json"

    @property
    def parity_page(self) -> Path:
        """The page that shows the parity evidence to people."""
        return self.root / "parity.html"

    @property
    def scores(self) -> Path:
        """The table of per-row scores beside the accuracy evidence."""
        return self.evidence / "scores.parquet"


@dataclass(frozen=True)
class Layout:
    """A project, from its root."""

    root: Path

    @property
    def params(self) -> Path:
        """The only source of parameters and thresholds."""
        return self.root / "params.yaml"

    @property
    def dvc_lock(self) -> Path:
        """What DVC's stages last read and made, by hash."""
        return self.root / "dvc.lock"

    @property
    def methods(self) -> Path:
        """What the stages measure with."""
        return self.root / FILE

    @property
    def build(self) -> Path:
        """Everything that can be made again."""
        return self.root / "build"

    @property
    def logs(self) -> Path:
        """What libraries said beside the work, a file for each stage or verb."""
        return self.build / "logs"

    @property
    def tests(self) -> Path:
        """The evidence of the project's own tests."""
        return self.build / BY_NAME["tests"].file

    @property
    def reference(self) -> Path:
        """The evidence on the glassbox: one for all candidates."""
        return self.build / BY_NAME["reference"].file

    @property
    def reference_scores(self) -> Path:
        """The glassbox's table of per-row scores and contributions beside it."""
        return self.build / "reference" / "scores.parquet"

    @property
    def verdict(self) -> Path:
        """The latest verdict: what a pipeline reads."""
        return self.build / "verdict.json"

    @property
    def verdict_junit(self) -> Path:
        """The latest verdict as JUnit XML: a gate is a test case."""
        return self.build / "verdict.xml"

    @property
    def verdict_markdown(self) -> Path:
        """The latest verdict as Markdown."""
        return self.build / "verdict.md"

    @property
    def drill(self) -> Path:
        """What became of each plant of the latest drill."""
        return self.build / "drill.json"

    @property
    def selection(self) -> Path:
        """The picture of how the candidates compete."""
        return self.build / "selection.svg"

    @property
    def releases(self) -> Path:
        """The sealed bundles, one folder each, named by the first digits of their digest."""
        return self.build / "releases"

    def packaged(self, version: str) -> Path:
        """The evidence of a packaged release's own answers."""
        return self.build / "packaged" / f"{version}.json"

    @property
    def untracked(self) -> Path:
        """Records of trainings that the tracking server did not take; they are sent when it answers again."""
        return self.build / "untracked"

    def stage_reads(self, stage: str) -> Path:
        """What a stage may have read of the files that git does not have, in this working copy."""
        return self.build / "reads" / f"{stage}.json"

    @property
    def lock(self) -> Path:
        """Held while a delivery is at work in this working copy."""
        return self.build / "delivery.lock"

    @property
    def changing(self) -> Path:
        """Held while a commit of desired state is made in this working copy."""
        return self.build / "changing.lock"

    @property
    def deploy(self) -> Path:
        """Desired state, a file for each environment."""
        return self.root / "deploy"

    @property
    def waivers(self) -> Path:
        """The waivers in force."""
        return self.deploy / "waivers.yaml"

    @property
    def keys(self) -> Path:
        """The keys that may sign releases."""
        return self.deploy / "keys.yaml"

    @property
    def allowed_signers(self) -> Path:
        """Whose SSH keys may sign approvals: in the form of `ssh-keygen`."""
        return self.deploy / "allowed_signers"

    @property
    def allowed_keys(self) -> Path:
        """Whose GPG keys may: public keys in armour."""
        return self.deploy / "allowed_keys.asc"

    @property
    def revoked_signers(self) -> Path:
        """Keys that may no more."""
        return self.deploy / "revoked_signers"

    def candidate(self, name: str) -> CandidateLayout:
        """The folder of one candidate."""
        return CandidateLayout(self.build / "candidates" / name)

    def evidence(self, name: str, kind: str) -> Path:
        """The evidence document of that name on a candidate; those of the project are the same for all.

        Times are not made again by running a stage again, so they lie outside what DVC restores.
        """
        known, candidate = BY_NAME.get(kind), self.candidate(name)
        if known is not None and known.file:
            return self.build / known.file
        return candidate.document(kind) if known is None or known.staged else candidate.root / f"{kind}.json"

    def race(self, version: str) -> Path:
        """The times of a release beside the champion that it is to replace."""
        return self.build / "races" / f"{version}.json"

    def promotion(self, environment: str, version: str) -> Path:
        """The verdict that a promotion is decided by, before the store has it."""
        return self.build / "promotions" / f"{environment}-{version}.json"

    def champion(self, version: str) -> CandidateLayout:
        """What a champion answered to the rows of today's candidates, by its release's version."""
        return CandidateLayout(self.build / "champions" / version)

    def quick_try(self, name: str) -> CandidateLayout:
        """The folder of a quick try: never one of a candidate, so that it can never be delivered."""
        return CandidateLayout(self.build / "tries" / name)

    def environment(self, name: str) -> Path:
        """One environment's desired state."""
        return self.deploy / f"{name}.yaml"

    def release(self, version: str) -> Path:
        """The folder of a sealed bundle."""
        return self.releases / version
