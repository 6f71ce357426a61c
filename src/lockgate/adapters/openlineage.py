"""A lineage as OpenLineage events, made and checked by its own client; nothing is sent anywhere."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openlineage.client import OpenLineageClient, facet_v2
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.serde import Serde
from openlineage.client.transport.transport import Config, Transport

from lockgate import __version__
from lockgate.domain.releasing.lineage.document import Data, Judged, ReleaseLineage, Served, StageRun
from lockgate.errors import ToolError

NAMESPACE = "lockgate"
PRODUCER = f"urn:lockgate:{__version__}"
PASSING = {"passed": "error", "waived": "error", "warned": "warn"}


@dataclass
class _Dataset:
    """A dataset by its path or name, the version of it, where it is kept, and what gates said of it."""

    name: str
    version: str
    kept: Mapping[str, str] = field(default_factory=dict)
    checked: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Job:
    """A run of a job: its name, what it is, when it ran and how well that is known, what it read and made."""

    name: str
    kind: str
    what: str
    started_at: str
    ended_at: str
    inputs: Sequence[_Dataset]
    outputs: Sequence[_Dataset]
    tags: Mapping[str, str] = field(default_factory=dict)


class _Collecting(Transport):
    """Keeps what the client emits: its checks are wanted, and no server."""

    kind = "lockgate"
    config_class = Config

    def __init__(self) -> None:
        self.lines: list[str] = []

    def emit(self, event: Any) -> None:
        """Keep an event in the client's own written form."""
        self.lines.append(Serde.to_json(event))


class OpenLineageEvents:
    """The port on OpenLineage's client."""

    def lines(self, told: ReleaseLineage) -> tuple[str, ...]:
        """Each event as JSON in a line, in the order of the way."""
        transport = _Collecting()
        client = OpenLineageClient(transport=transport)
        events = [event for job in _jobs(told) for event in _events(told, job)]
        for event in events:
            client.emit(event)
        if len(transport.lines) != len(events):
            raise ToolError(
                f"OpenLineage's client took {len(transport.lines)} of {len(events)} events",
                hint="is OPENLINEAGE_DISABLED set, or does its configuration leave events out? see openlineage.yml",
            )
        return tuple(transport.lines)


def _jobs(told: ReleaseLineage) -> Iterator[_Job]:
    if told.release is None:
        return
    committed = told.code.source.committed_at if told.code else ""
    kept = {data.path: data for data in told.data}
    for stage in told.stages:
        yield _of_stage(stage, kept, committed)
    model = _Dataset("model", str(told.release.content))
    if told.verdict is not None:
        yield from _of_verdict(told, told.verdict, model, committed)
    for served in reversed(told.served):
        yield _of_service(told, served)


def _of_stage(stage: StageRun, kept: Mapping[str, Data], committed: str) -> _Job:
    known = stage.started_at is not None
    started, ended = stage.started_at or committed, stage.ended_at or stage.started_at or committed
    read = [
        _Dataset(path, f"md5:{found}", kept[path].remotes if path in kept else {})
        for path, found in stage.reads.items()
    ]
    made = [_Dataset(path, f"md5:{found}") for path, found in stage.makes.items()]
    time = "tracked by MLflow" if known else "not known: that of the commit"
    tags = {"time": time} | ({"mlflow": stage.run} if stage.run else {})
    return _Job(stage.name, "STAGE", stage.command, started, ended, read, made, tags)


def _of_verdict(told: ReleaseLineage, verdict: Judged, model: _Dataset, committed: str) -> Iterator[_Job]:
    time = {"time": "not known: that of the commit"}
    documents = [_Dataset(f"evidence/{each.kind}", str(each.digest)) for each in told.evidence]
    rows = _Dataset("held-out rows", str(verdict.rows), checked=verdict.gates)
    judged = _Dataset("verdict", str(verdict.digest))
    what = f"{verdict.outcome} for {verdict.environment}, by the rules of engine {verdict.engine}"
    yield _Job("gate", "GATE", what, committed, committed, [rows, model, *documents], [judged], time)
    if told.release is not None:
        sealed = _Dataset("release", str(told.release.release))
        yield _Job("release", "RELEASE", "sealed", committed, committed, [model, judged, *documents], [sealed], time)


def _of_service(told: ReleaseLineage, served: Served) -> _Job:
    stay, named = served.stay, str(told.release.release) if told.release else ""
    state = _Dataset(f"deploy/{served.environment}.yaml", stay.since.hash)
    tags = {"by": f"{stay.by.author} <{stay.by.email}>", "until": stay.until.committed_at if stay.until else "now"}
    at, what = stay.since.committed_at, f"{stay.how}: {stay.by.subject}"
    name = f"{stay.how.replace(' ', '-')}.{served.environment}"
    return _Job(
        name, str(stay.how).upper().replace(" ", "_"), what, at, at, [_Dataset("release", named)], [state], tags
    )


def _events(told: ReleaseLineage, job: _Job) -> Iterator[RunEvent]:
    """The beginning and the end of a run. Its id follows from what it is: telling it again is the same run."""
    release = told.release
    model, digest = (release.name, str(release.release)) if release else ("", "")
    identity = "\n".join([digest, job.name, job.started_at, *(f"{each.name} {each.version}" for each in job.outputs)])
    tags = {**job.tags, "release": digest, "commit": told.code.source.commit if told.code else ""}
    run = Run(
        str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}:{model}:{identity}")),
        {
            "tags": facet_v2.tags_run.TagsRunFacet(
                [facet_v2.tags_run.TagsRunFacetFields(key, value, "LOCKGATE") for key, value in tags.items() if value],
                producer=PRODUCER,
            ),
            "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet(
                __version__, "Lockgate", producer=PRODUCER
            ),
        },
    )
    described = Job(
        NAMESPACE,
        f"{model}.{job.name}",
        {
            "jobType": facet_v2.job_type_job.JobTypeJobFacet("BATCH", "LOCKGATE", job.kind, producer=PRODUCER),
            "documentation": facet_v2.documentation_job.DocumentationJobFacet(job.what, producer=PRODUCER),
        },
    )
    inputs = [
        InputDataset(NAMESPACE, f"{model}/{each.name}", _checks(each), facets=_facets(each)) for each in job.inputs
    ]
    outputs = [OutputDataset(NAMESPACE, f"{model}/{each.name}", facets=_facets(each)) for each in job.outputs]
    for state, time in ((RunState.START, job.started_at), (RunState.COMPLETE, job.ended_at)):
        yield RunEvent(
            eventType=state,
            eventTime=time,
            run=run,
            job=described,
            inputs=inputs,
            outputs=outputs,
            producer=PRODUCER,
        )


def _facets(dataset: _Dataset) -> dict[str, Any]:
    facets: dict[str, Any] = {
        "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet(dataset.version, producer=PRODUCER)
    }
    for name, address in dataset.kept.items():
        facets["dataSource"] = facet_v2.datasource_dataset.DatasourceDatasetFacet(name, address, producer=PRODUCER)
    return facets


def _checks(dataset: _Dataset) -> dict[str, Any]:
    """The gates as assertions about the rows that they judged on."""
    if not dataset.checked:
        return {}
    facet = facet_v2.data_quality_assertions_dataset
    told: Iterable[Any] = (
        facet.Assertion(gate, success=outcome == "passed", severity=PASSING.get(outcome, "error"), actual=outcome)
        for gate, outcome in dataset.checked.items()
    )
    return {"dataQualityAssertions": facet.DataQualityAssertionsDatasetFacet([*told], producer=PRODUCER)}
