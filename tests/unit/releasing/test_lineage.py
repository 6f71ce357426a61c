"""`lockgate lineage`: a release traced through git, its bundle and MLflow; what cannot be confirmed is marked."""

import importlib
import inspect
import json
import pkgutil
import shutil
import types
import typing
from dataclasses import replace
from enum import Enum

import attr
import builders
import pytest
import yaml
from builders import FILES, git
from openlineage.client import OpenLineageClient, generated
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated import base
from openlineage.client.generated.base import BaseFacet
from openlineage.client.generated.tags_run import TagsRunFacet, TagsRunFacetFields
from openlineage.client.transport.file import FileConfig, FileTransport

from lockgate.adapters.dvc.pipeline import DvcPipeline
from lockgate.adapters.git.repository import GitRepository
from lockgate.cli.main import run
from lockgate.usecases.releasing.seal import seal

RAW = b"raw rows"
POINTER = "data/raw.csv.dvc"
SETTINGS = """\
[core]
    remote = kept
['remote "kept"']
    url = ssh://somebody:secret@data.example.org/rows
"""


def sealed(root):
    """Seal the candidate with what `dvc.lock` says, as a delivery does."""
    tools = replace(builders.sealing_tools(root), pipeline=DvcPipeline(root))
    return seal(builders.opened(root), "fake", GitRepository(root), tools)


@pytest.fixture(scope="session")
def traced_project(made_project, tmp_path_factory):
    """A project with data under DVC, whose lock file is committed after what it records; released, promoted."""
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("traced") / "project")
    (root / "data").mkdir()
    (root / "data/raw.csv").write_bytes(RAW)
    pointer = {
        "outs": [{"md5": FILES.md5(root / "data/raw.csv").hex, "size": len(RAW), "path": "raw.csv"}],
        "deps": [{"path": "https://user:pass@data.example.org/raw.csv", "etag": "abc"}],
    }
    (root / POINTER).write_text(yaml.safe_dump(pointer))
    (root / ".gitignore").write_text("build/\n/data/raw.csv\nmlflow.db\n")
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text(SETTINGS)
    stages = builders.DVC_YAML.replace("deps: [.gitignore]", "deps: [.gitignore, data/raw.csv]")
    (root / "dvc.yaml").write_text(stages)
    git(root, "add", "--all", ":!dvc.lock")
    git(root, "commit", "--quiet", "-m", "Take the data")
    builders.write_candidate(root, locked=False)
    builders.record(root)
    assert run(["-C", str(root), "gate"]) == 0
    sealed(root)
    git(root, "add", "dvc.lock")
    git(root, "commit", "--quiet", "-m", "Record the results")
    return root


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    """The store is a folder: the remote that the project names answers nobody."""
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "store"))


@pytest.fixture
def project(traced_project, tmp_path):
    """A copy, whose release lies in the store too."""
    root = shutil.copytree(traced_project, tmp_path / "project")
    (version,) = builders.opened(root).releases.versions()
    digest = builders.opened(root).releases.manifest(version).release
    builders.instruments(root).release_store().put(digest, root / "build/releases" / version)
    return root


@pytest.fixture
def version(project):
    (only,) = builders.opened(project).releases.versions()
    return only


@pytest.fixture
def told(lockgate, capfd, project):
    """The lineage as JSON."""

    def ask(*arguments, root=project):
        capfd.readouterr()
        assert run(["-C", str(root), "lineage", *arguments, "--json"]) == 0
        return json.loads(capfd.readouterr().out)

    return ask


def doubts(lineage):
    return {each["about"]: each["why"] for each in lineage["doubts"]}


def test_a_release_is_traced_to_data_stages_params_commit_and_verdict(told, version, project):
    lineage = told(version)
    assert lineage["verified"] is True
    assert lineage["code"]["commit"]["subject"] == "Take the data"
    (data,) = lineage["data"]
    assert (data["path"], data["digest"]) == ("data/raw.csv", FILES.md5(project / "data/raw.csv").hex)
    assert data["pointer"] == POINTER
    assert [stage["name"] for stage in lineage["stages"]] == ["prepare", "train@fake", "export@fake", "check@fake"]
    assert lineage["stages"][0]["reads"]["data/raw.csv"] == data["digest"]
    assert lineage["params"]["values"]["tables"]["label"] == "outcome"
    assert lineage["verdict"]["outcome"] == "passed"
    assert {each["kind"] for each in lineage["evidence"]} == {"tests", "accuracy", "parity"}
    assert lineage["waivers"][0]["commit"]["subject"] == "first commit"
    assert lineage["served"] == []
    # No training was tracked: that is all that is not known.
    assert set(doubts(lineage)) == {"stage: train@fake"}


def test_no_password_of_an_address_is_told(told, version):
    (data,) = told(version)["data"]
    assert data["origin"] == "https://data.example.org/raw.csv (abc)"
    assert data["remotes"] == {"kept": "ssh://data.example.org/rows"}


def test_a_promotion_is_told_and_its_end(told, version, project, lockgate):
    assert lockgate("promote", "staging")[0] == 0
    git(project, "revert", "--no-edit", "HEAD")
    (served,) = told(version)["served"]
    assert (served["environment"], served["stay"]["how"]) == ("staging", "promotion")
    assert served["stay"]["until"]["subject"].startswith('Revert "Promote')


def test_an_environment_is_asked_now_and_then(told, version, project, lockgate, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2030-01-01T12:00:00+02:00")
    assert lockgate("promote", "staging")[0] == 0
    assert told("staging")["release"]["release"].startswith(f"sha256:{version}")
    before = told("staging", "--at", "2030-01-01T09:59:59Z")
    assert (before["release"], before["asked"]["at"]) == (None, "2030-01-01T09:59:59+00:00")
    assert told("staging", "--at", "2030-01-01 12:00 +02:00")["release"] is not None
    assert told("staging", "--at", "2030-01-01T10:00")["release"] is not None
    code, said = lockgate("lineage", "staging", "--at", "1999-12-31")
    assert (code, "is in no commit before" in said) == (2, True), said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing",), "'nothing' names no release"),
        (("123456789abc",), "0 releases match '123456789abc'"),
        (("staging", "--at", "yesterday"), "'yesterday' is no time"),
        (("staging", "--at", "2026-13-01"), "is no time"),
        (("production",), None),
    ],
)
def test_what_names_nothing_is_refused_in_words(lockgate, arguments, reason):
    code, said = lockgate("lineage", *arguments)
    if reason is None:
        assert (code, "named no release" in said) == (0, True), said
    else:
        assert (code, reason in said) == (2, True), said


def test_a_time_goes_with_an_environment_alone(lockgate, version):
    code, said = lockgate("lineage", version, "--at", "2026-01-01")
    assert (code, "--at asks what one named then" in said) == (2, True), said


def test_a_content_is_no_release_and_leads_to_one(lockgate, version, project):
    content = builders.opened(project).releases.manifest(version).content
    code, said = lockgate("lineage", content.short)
    assert (code, version in said) == (2, True), said


def test_a_lock_file_that_no_commit_has_is_doubted(told, version, project):
    git(project, "reset", "--quiet", "--hard", "HEAD~1")
    builders.record(project)
    lineage = told(version)
    assert len(lineage["stages"]) == 4
    assert doubts(lineage)["stages"] == "the dvc.lock that records them is in no commit here"
    (project / "dvc.lock").unlink()
    lineage = told(version)
    assert lineage["stages"] == []
    assert "the release alone says so" in doubts(lineage)["stages"]


def test_data_that_git_names_otherwise_is_doubted(told, version, project):
    source = git(project, "rev-parse", "HEAD~1")
    assert told(version)["code"]["source"]["commit"] == source
    # The same commit, but for another name of the data: what was released is not what git says.
    git(project, "checkout", "--quiet", "--detach", source)
    (project / POINTER).write_text((project / POINTER).read_text().replace("md5: ", "md5: 0", 1)[:-1] + "\n")
    git(project, "commit", "--quiet", "--amend", "-am", "Take other data")
    (project / "dvc.lock").write_text(git(project, "show", "main:dvc.lock"))
    bundle = project / "build/releases" / version
    provenance = json.loads((bundle / "provenance.json").read_text())
    provenance["source"]["commit"] = git(project, "rev-parse", "HEAD")
    (bundle / "provenance.json").write_text(json.dumps(provenance))
    lineage = told(version)
    assert lineage["verified"] is False
    assert "provenance.json was changed" in " ".join(each["why"] for each in lineage["doubts"])
    assert doubts(lineage)["data: data/raw.csv"].startswith("data/raw.csv.dvc of the commit names 0")


def test_a_clone_with_git_and_the_store_alone_tells_all(told, version, project, lockgate, tmp_path):
    assert lockgate("promote", "staging")[0] == 0
    here = told("staging")
    git(tmp_path, "clone", "--quiet", f"file://{project}", "clone")
    there = told("staging", root=tmp_path / "clone")
    assert {key for key in here if here[key] != there[key]} <= {"doubts"}
    assert there["verified"] is True
    assert set(doubts(there)) == {"stage: train@fake"}


def test_a_store_without_the_release_is_doubted(told, version, project, monkeypatch, tmp_path, lockgate):
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "another"))
    assert "does not have it" in doubts(told(version))["store"]
    shutil.rmtree(project / "build")
    assert lockgate("lineage", version)[0] == 2


def test_a_release_is_named_by_its_folder_and_by_the_store(told, version, project):
    folder = project / "build/releases" / version
    assert told(str(folder))["release"]["release"].startswith(f"sha256:{version}")
    shutil.rmtree(folder)
    assert told(version)["release"]["name"] == "example"
    assert told(version)["verified"] is True


def test_the_environment_lock_and_who_signed_are_told(told, version):
    lineage = told(version)
    assert lineage["signature"]
    assert lineage["environment"]["builder"]
    assert lineage["environment"]["tools"] == {"fake": "1"}


def test_a_commit_that_nobody_has_is_doubted(told, version, project, tmp_path):
    git(project, "reset", "--quiet", "--hard", "HEAD~2")
    git(tmp_path, "clone", "--quiet", f"file://{project}", "clone")
    shutil.copytree(project / "build/releases", tmp_path / "clone/build/releases")
    lineage = told(version, root=tmp_path / "clone")
    assert lineage["code"]["commit"] is None
    assert "no commit of this clone is" in doubts(lineage)["source"]
    assert "the release alone says so" in doubts(lineage)["params"]


def test_a_shallow_detached_clone_without_the_release_tells_what_git_says(
    told, version, project, lockgate, monkeypatch, tmp_path
):
    assert lockgate("promote", "staging")[0] == 0
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "another"))
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project}", "clone")
    clone = tmp_path / "clone"
    git(clone, "checkout", "--quiet", "--detach")
    lineage = told(version, root=clone)
    assert lineage["release"]["release"].startswith(f"sha256:{version}")
    assert lineage["verified"] is None
    assert lineage["served"][0]["stay"]["how"] == "promotion"
    assert "release" in doubts(lineage)
    assert "environment: staging" in doubts(told("staging", root=clone))


def test_the_console_marks_what_cannot_be_confirmed(lockgate, version):
    code, said = lockgate("lineage", version)
    assert code == 0
    marks = [line for line in said.splitlines() if "? " in line]
    assert len(marks) == 1
    assert "no training was tracked" in marks[0]


# --- as OpenLineage events ---


@pytest.fixture
def events(lockgate, version, tmp_path):
    """The events of the release, after it was promoted and that reverted."""

    def written():
        path = tmp_path / "events.jsonl"
        code, said = lockgate("lineage", version, "--openlineage", str(path))
        assert (code, f"OpenLineage events in {path}" in said) == (0, True), said
        return [json.loads(line) for line in path.read_text().splitlines()]

    return written


def test_each_stage_and_decision_is_a_run_that_begins_and_completes(events, lockgate, project):
    assert lockgate("promote", "staging")[0] == 0
    found = events()
    jobs = [each["job"]["name"] for each in found if each["eventType"] == "START"]
    stages = [f"example.{name}" for name in ("prepare", "train@fake", "export@fake", "check@fake")]
    assert jobs == [*stages, "example.gate", "example.release", "example.promotion.staging"]
    runs = [each["run"]["runId"] for each in found]
    assert len(set(runs)) == len(jobs)
    assert all(runs.count(run) == 2 for run in runs)
    prepare, gate = found[0], found[8]
    raw = next(each for each in prepare["inputs"] if each["name"] == "example/data/raw.csv")
    assert raw["facets"]["version"]["datasetVersion"] == f"md5:{FILES.md5(project / 'data/raw.csv').hex}"
    assert raw["facets"]["dataSource"]["uri"] == "ssh://data.example.org/rows"
    rows = next(each for each in gate["inputs"] if each["name"] == "example/held-out rows")
    gates = {each["assertion"]: each["success"] for each in rows["inputFacets"]["dataQualityAssertions"]["assertions"]}
    assert gates == {"tests": True, "integrity": True, "accuracy": False, "parity": True}  # accuracy was waived
    assert any(tag["value"] == "not known: that of the commit" for tag in gate["run"]["facets"]["tags"]["tags"])


def test_the_same_lineage_gives_the_same_events(events):
    assert events() == events()


def test_the_official_client_takes_every_event(events, tmp_path):
    written = events()
    path = tmp_path / "collected.jsonl"
    client = OpenLineageClient(transport=FileTransport(FileConfig(str(path), append=True)))
    for event in written:
        datasets = {
            name: [kind(**each) for each in event[name]]
            for name, kind in (("inputs", InputDataset), ("outputs", OutputDataset))
        }
        tags = [TagsRunFacetFields(**each) for each in event["run"]["facets"]["tags"]["tags"]]
        facets = {**event["run"]["facets"], "tags": TagsRunFacet(tags)}
        run, job = Run(event["run"]["runId"], facets), Job(**event["job"])
        rest = {"eventTime": event["eventTime"], "producer": event["producer"]}
        client.emit(RunEvent(eventType=RunState(event["eventType"]), run=run, job=job, **rest, **datasets))
    collected = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each["run"]["runId"] for each in collected] == [each["run"]["runId"] for each in written]


def test_a_client_that_is_told_to_drop_events_is_an_error(lockgate, version, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    code, said = lockgate("lineage", version, "--openlineage", "-")
    assert (code, "took 0 of 12 events" in said, "OPENLINEAGE_DISABLED" in said) == (1, True, True), said


def test_events_go_to_stdout_alone(lockgate, version):
    code, said = lockgate("lineage", version, "--openlineage", "-")
    assert code == 0
    assert {json.loads(line)["producer"][:13] for line in said.splitlines()} == {"urn:lockgate:"}


def models():
    """The client's own classes of facets, by the address of the schema that each is made from."""
    found = {}
    for module in pkgutil.iter_modules(generated.__path__):
        for each in vars(importlib.import_module(f"{generated.__name__}.{module.name}")).values():
            if inspect.isclass(each) and issubclass(each, BaseFacet):
                found[each._get_schema()] = each
    return found


def demand_fields(kind, value, place):
    hints = typing.get_type_hints(kind)
    known = {each.name: each for each in attr.fields(kind)}
    needed = {name for name, each in known.items() if each.default is attr.NOTHING and each.init}
    assert needed <= value.keys() <= known.keys(), (place, needed, [*value])
    for name, each in value.items():
        if not name.startswith("_"):
            demand_fits(hints[name], each, f"{place}.{name}")


def demand_fits(model, value, place):
    """A value is of the type that a model of the client declares: each name is known, and all that must be there is."""
    kind = typing.get_origin(model) or model
    if kind in {types.UnionType, typing.Union}:
        arms = [each for each in typing.get_args(model) if each is not type(None)]
        assert value is not None or type(None) in typing.get_args(model), place
        if value is not None and len(arms) == 1:
            demand_fits(arms[0], value, place)
    elif kind is list:
        assert isinstance(value, list), place
        for number, each in enumerate(value):
            demand_fits(typing.get_args(model)[0], each, f"{place}[{number}]")
    elif attr.has(kind):
        demand_fields(kind, value, place)
    elif inspect.isclass(kind) and issubclass(kind, Enum):
        assert value in {each.value for each in kind}, place
    elif kind in {str, bool, int, float, dict}:
        assert isinstance(value, int | float if kind is float else kind), place


def test_each_event_and_facet_is_of_the_schema_that_it_names(events):
    """The client ships no JSON schemas: its models, which are made from these, are what can be asked without a net."""
    known, asked = models(), set()
    for event in events():
        assert event["schemaURL"] == base.RunEvent._get_schema()
        parts = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
        for part in parts:
            held = {**part.get("facets", {}), **part.get("inputFacets", {}), **part.get("outputFacets", {})}
            for name, facet in held.items():
                demand_fits(known[facet["_schemaURL"]], facet, name)
                asked.add(name)
    assert len(asked) > 5
    with pytest.raises(AssertionError):
        demand_fits(known[TagsRunFacet._get_schema()], {"tags": [{"key": 1}]}, "tags")
