"""The registry is held to git: what somebody changed there is told, and put back."""

import shutil
from dataclasses import replace

import builders
import pytest
from builders import DOCUMENTS, FILES, git

from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.registry_state import Kind
from lockgate.errors import ToolError
from lockgate.testing import FakeRegistry
from lockgate.testing.examples import write_bundle
from lockgate.usecases.releasing.events import AliasesFollowed, NotFollowed, NotRepaired
from lockgate.usecases.releasing.follow_git import follow_git
from lockgate.usecases.releasing.repair_registry import check_registry


class There:
    """A tracking store that somebody has made."""

    def begun(self):
        return True


class Case:
    """A project with releases, a registry, and what is told."""

    def __init__(self, root, home):
        self.root = root
        self.registry = FakeRegistry(home)
        self.told = []
        self.releases = []

    def instruments(self, root=None):
        made = builders.instruments(root or self.root)
        return replace(made, registry=lambda: self.registry, tracking_store=There)

    def release(self, number):
        """A release of another model for each number, as it lies in the project."""
        folder = self.root / f"build/{number}"
        release = write_bundle(folder, DOCUMENTS, FILES, model=f"model {number}".encode())
        builders.opened(self.root).releases.put(release.digest, folder)
        return release

    def register(self, release):
        self.registry.register(release, self.root / "build/releases" / release.version)
        self.releases.append(release)

    def point(self, environment, release, root=None):
        """What a promotion commits, without asking anything."""
        root = root or self.root
        reference = release and ReleaseReference(release.name, release.digest, release.content)
        path = root / f"deploy/{environment}.yaml"
        DOCUMENTS.write_settings(path, Deployment(environment, reference), heading="What is served.")
        git(root, "commit", "--quiet", "-am", f"Point {environment}")
        return git(root, "rev-parse", "HEAD")

    def follow(self, root=None):
        return follow_git(self.instruments(root), self.told.append)

    def check(self, root=None, *, repair=False, every=False, as_here=False):
        return check_registry(
            self.instruments(root), every=every, repair=repair, as_here=as_here, tell=self.told.append
        )

    def kinds(self, **how):
        return [(each.kind, each.alias or each.version) for each in self.check(**how).differences]

    @property
    def aliases(self):
        return self.registry.aliases["example"]

    def version(self, number):
        return self.registry.versions["example"][number]


@pytest.fixture(scope="module")
def pointed(made_project, tmp_path_factory):
    """Staging names the second release, and had the first before; production names the first. Never changed."""
    home = tmp_path_factory.mktemp("pointed")
    made = Case(shutil.copytree(made_project, home / "project"), home / "registry")
    releases = [made.release(number) for number in range(4)]
    for environment, number in (("staging", 0), ("staging", 1), ("production", 0)):
        made.point(environment, releases[number])
    return made.root, releases


@pytest.fixture
def case(pointed, tmp_path, monkeypatch):
    """Both releases are registered, and the aliases follow. Two more are in the project alone."""
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "store"))
    root, releases = pointed
    made = Case(shutil.copytree(root, tmp_path / "project"), tmp_path / "registry")
    made.sealed = releases
    for release in releases[:2]:
        made.register(release)
    assert made.follow()
    return made


@pytest.fixture
def project(case):
    return case.root


def test_aliases_follow_what_is_committed(case):
    assert case.aliases == {"challenger": "2", "staging": "2", "production": "1", "champion": "1"}
    assert isinstance(case.told[0], AliasesFollowed)
    assert set(case.told[0].moved) == {
        "staging at version 2",
        "production at version 1",
        "champion at version 1",
    }
    report = case.check()
    assert (report.differences, report.versions) == ((), 2)
    assert [(each.environment, each.release.release) for each in report.wanted] == [
        ("staging", case.releases[1].digest),
        ("production", case.releases[0].digest),
    ]


def test_following_again_changes_and_tells_nothing(case):
    before, told = case.registry.state("example"), len(case.told)
    assert case.follow()
    assert (case.registry.state("example"), len(case.told)) == (before, told)


def test_what_is_not_committed_is_not_followed(case):
    path = case.root / "deploy/staging.yaml"
    path.write_text((case.root / "deploy/production.yaml").read_text().replace("production", "staging"))
    assert case.follow()
    assert case.aliases["staging"] == "2"


def test_a_release_that_was_never_registered_is_when_git_names_it(case):
    case.point("staging", case.sealed[2])
    assert case.follow()
    assert (case.aliases["staging"], case.aliases["challenger"]) == ("3", "2")


def test_an_environment_that_serves_nothing_has_no_alias(case):
    case.point("production", None)
    assert case.follow()
    assert case.aliases == {"challenger": "2", "staging": "2"}
    case.aliases["champion"] = "2"
    assert case.kinds() == [(Kind.ALIAS_EXTRA, "champion")]
    case.check(repair=True)
    assert "champion" not in case.aliases
    assert "alias champion removed" in case.registry.records("example", "2")[0]


def test_a_registry_that_does_not_answer_is_told_and_fails_nothing(case):
    class Down(FakeRegistry):
        def state(self, name):
            raise ToolError(f"{name}: does not answer")

    case.registry = Down(case.root / "none")
    assert not case.follow()
    assert case.told[-1] == NotFollowed("example: does not answer")


def test_where_nothing_was_ever_registered_there_is_nothing_to_follow(case, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    told = []
    assert follow_git(builders.instruments(case.root), told.append)
    assert told == []
    assert not (case.root / "mlflow.db").exists()


def moved(case):
    case.aliases["production"] = "2"
    return [(Kind.ALIAS_MOVED, "production")], "2"


def deleted_alias(case):
    del case.aliases["staging"]
    return [(Kind.ALIAS_GONE, "staging")], None


def edited(case):
    version = case.version("2")
    first = str(case.releases[0].digest)
    version.state = replace(version.state, release=first, releases=(first,))
    return [(Kind.TAGS_EDITED, "2")], None


def untagged(case):
    version = case.version("1")
    version.state = replace(version.state, release="", content="", releases=())
    return [(Kind.TAGS_EDITED, "1")], None


def deleted_version(case):
    shutil.rmtree(case.registry.versions["example"].pop("2").bundle)
    case.registry.aliases["example"] = {n: v for n, v in case.aliases.items() if v != "2"}
    return [(Kind.VERSION_GONE, "")], None


def deleted_model(case):
    for number in "12":
        shutil.rmtree(case.version(number).bundle)
    case.registry.versions.clear()
    case.registry.aliases.clear()
    return [(Kind.VERSION_GONE, "")] * 2, None


def swapped_bytes(case):
    (case.version("1").bundle / "model.onnx").write_bytes(b"another")
    return [(Kind.ARTEFACTS_CHANGED, "1")], None


def added_file(case):
    (case.version("2").bundle / "extra.py").write_text("")
    return [(Kind.ARTEFACTS_CHANGED, "2")], None


def lost_bundle(case):
    shutil.rmtree(case.version("2").bundle)
    return [(Kind.ARTEFACTS_CHANGED, "2")], None


def tampered_and_retagged(case):
    """Version 1 becomes the second release, tags and bundle: only git still knows what it was."""
    version, other = case.version("1"), case.version("2")
    shutil.rmtree(version.bundle)
    shutil.copytree(other.bundle, version.bundle)
    version.manifest = other.manifest
    second = str(case.releases[1].digest)
    version.state = replace(version.state, release=second, content=str(case.releases[1].content), releases=(second,))
    return [(Kind.VERSION_GONE, ""), (Kind.ALIAS_MOVED, "production"), (Kind.ALIAS_MOVED, "champion")], None


BEHIND_GITS_BACK = [
    moved,
    deleted_alias,
    edited,
    untagged,
    deleted_version,
    deleted_model,
    swapped_bytes,
    added_file,
    lost_bundle,
    tampered_and_retagged,
]


@pytest.mark.parametrize("change", BEHIND_GITS_BACK, ids=lambda change: change.__name__)
def test_what_was_changed_behind_gits_back_is_told_and_put_back(case, change):
    expected, _ = change(case)
    report = case.check()
    assert [(each.kind, each.alias or each.version) for each in report.differences] == expected
    assert {each.outcome for each in report.differences} == {"refused"}
    repaired = case.check(repair=True)
    assert repaired.differences == ()
    assert repaired.repaired
    state = case.registry.state("example")
    for environment, release in (("staging", case.releases[1]), ("production", case.releases[0])):
        version = state.version(state.aliases[environment])
        assert version.releases[0] == str(release.digest)
        assert (
            case.registry.serves(
                "example", version.version, case.root / "build/releases" / release.version / "model.onnx"
            )
            == ""
        )
    written = [said for each in state.versions for said in case.registry.records("example", each.version)]
    assert len(written) == len(repaired.repaired)
    assert all("by Lock Keeper <keeper@example.org>" in said for said in written)
    assert case.check(repair=True).repaired == ()


def test_a_challenger_that_is_no_release_is_told(case):
    version = case.version("2")
    case.registry.versions["example"]["3"] = replace(
        version,
        state=replace(version.state, version="3", release="", content="", releases=()),
        bundle=case.root / "none",
    )
    case.aliases["challenger"] = "3"
    (difference,) = case.check().differences
    assert (difference.alias, difference.remedy) == ("challenger", "lockgate register")


def test_the_artefacts_of_every_version_are_read_where_that_is_asked(case):
    for release in case.sealed[2:]:
        case.register(release)
    (case.version("3").bundle / "model.onnx").write_bytes(b"another")
    assert case.kinds() == []
    assert case.kinds(every=True) == [(Kind.ARTEFACTS_CHANGED, "3")]


def test_a_challenger_whose_artefacts_were_changed_is_registered_again(case):
    case.register(case.sealed[2])
    (case.version("3").bundle / "model.onnx").write_bytes(b"another")
    assert case.kinds() == [(Kind.ARTEFACTS_CHANGED, "3")]
    assert case.check(repair=True).differences == ()
    assert case.aliases["challenger"] == "4"
    assert case.registry.state("example").holding(case.sealed[2].digest).version == "4"


def test_what_cannot_be_had_is_not_put_back_and_said(case):
    deleted_version(case)
    shutil.rmtree(case.root / "build/releases" / case.releases[1].version)
    report = case.check(repair=True)
    assert [each.kind for each in report.differences] == [Kind.VERSION_GONE]
    assert "cannot be had" in next(each.why for each in case.told if isinstance(each, NotRepaired))


def test_what_the_store_has_is_put_back(case):
    deleted_version(case)
    lost = case.releases[1]
    case.instruments().release_store().put(lost.digest, case.root / "build/releases" / lost.version)
    shutil.rmtree(case.root / "build/releases" / lost.version)
    assert case.check(repair=True).differences == ()
    assert case.registry.fetch(lost.digest, "example", case.root / "build/fetched")


def test_a_version_whose_release_cannot_be_had_is_left_as_it_is(case):
    swapped_bytes(case)
    shutil.rmtree(case.root / "build/releases" / case.releases[0].version)
    report = case.check(repair=True)
    assert [each.kind for each in report.differences] == [Kind.ARTEFACTS_CHANGED]
    assert not case.version("1").state.withdrawn


@pytest.fixture
def behind(case, tmp_path):
    """A clone of before another promotion, which the registry follows already."""
    clone = tmp_path / "behind"
    git(case.root, "clone", "--quiet", ".", str(clone))
    case.point("staging", case.releases[0])
    assert case.follow()
    return clone


def test_a_clone_that_is_behind_cannot_tell_and_repairs_nothing(case, behind):
    (difference,) = case.check(behind).differences
    assert (difference.kind, difference.outcome) == (Kind.NOT_TOLD, "undecided")
    assert "git pull" in difference.remedy
    assert case.check(behind, repair=True).differences
    assert not case.follow(behind)
    assert case.aliases["staging"] == "1"
    git(behind, "pull", "--quiet", "--ff-only")
    assert case.check(behind).differences == ()


def test_a_commit_that_was_given_up_counts_no_longer_where_that_is_said(case, behind):
    git(case.root, "reset", "--quiet", "--hard", "HEAD~1")
    assert [each.outcome for each in case.check().differences] == ["undecided"]
    assert case.check(repair=True, as_here=True).differences == ()
    assert case.aliases["staging"] == "2"
    assert case.check().differences == ()


def test_a_promotion_that_was_merged_as_another_commit_is_known(case):
    git(case.root, "checkout", "--quiet", "-b", "promotion")
    case.point("staging", case.releases[0])
    assert case.follow()
    git(case.root, "checkout", "--quiet", "main")
    git(case.root, "merge", "--quiet", "--squash", "promotion")
    git(case.root, "commit", "--quiet", "-m", "Squashed")
    assert case.check().differences == ()
    case.point("staging", case.releases[1])
    assert case.follow()
    assert case.aliases["staging"] == "2"


def test_a_shallow_clone_of_the_newest_commit_repairs(case, tmp_path):
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{case.root}", str(clone))
    shutil.copytree(case.root / "build/releases", clone / "build/releases")
    assert case.check(clone).differences == ()
    case.aliases["staging"] = "1"
    assert [each.outcome for each in case.check(clone, repair=True).differences] == []
    assert case.aliases["staging"] == "2"


def test_a_file_that_cannot_be_read_decides_nothing(case):
    (case.root / "deploy/staging.yaml").write_text("environment: [\n")
    git(case.root, "commit", "--quiet", "-am", "By hand")
    assert [(each.kind, each.outcome) for each in case.check().differences] == [(Kind.NOT_TOLD, "undecided")]
    assert case.check(repair=True).differences
    assert case.aliases["staging"] == "2"


def test_the_verb_says_what_differs_and_its_exit_code_is_the_contracts(case, lockgate, monkeypatch):
    from lockgate.cli.wiring import releasing

    monkeypatch.setattr(releasing, "registry", lambda _: case.registry)
    code, said = lockgate("registry", "check")
    assert (code, "the registry says what git says" in said) == (0, True), said
    moved(case)
    code, said = lockgate("registry", "check")
    assert code == 3
    assert "the alias production is at version 2" in said
    assert "lockgate registry check --repair" in said
    code, said = lockgate("registry", "check", "--repair", "--json")
    assert (code, "put back" in said, '"lockgate/registry-check/1"' in said) == (0, True, True), said
    (case.root / "deploy/staging.yaml").write_text("environment: [\n")
    git(case.root, "commit", "--quiet", "-am", "By hand")
    assert lockgate("registry", "check")[0] == 4
