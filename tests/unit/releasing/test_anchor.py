"""A chain of small losses is a loss: beside the champion, a challenger is held to the best champion on these rows."""

import shutil
from dataclasses import replace

import builders
import pytest
import yaml
from builders import git

from lockgate.cli.main import run
from lockgate.domain.identity import md5
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.usecases.judging.gate import try_gate
from lockgate.usecases.measuring.anchor import FoundAnchor, find_anchor
from lockgate.usecases.project.stored.elsewhere import StoreThenRegistry, elsewhere

STEPS = (2.2, 2.19, 2.18, 2.17)
"""How well each retraining answers: within the margin of the one before it, and surely worse."""
ROWS = md5(builders.TABLE)


def retrained(root, number):
    builders.write_candidate(root, weight=0.01 + number / 1000, separation=STEPS[number])


def promoted(root, number, environment="staging"):
    """Retrain, judge, release and promote: the release."""
    retrained(root, number)
    assert run(["-C", str(root), "check", "champion"]) == 0
    assert run(["-C", str(root), "gate"]) == 0
    release, _ = builders.sealed(root)
    assert run(["-C", str(root), "promote", environment]) == 0
    return release


@pytest.fixture(scope="module")
def chain(made_project, tmp_path_factory):
    """Two champions, one after the other, and a third model that is about to be the next one. Never changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        root = shutil.copytree(made_project, tmp_path_factory.mktemp("chain") / "project")
        releases = [promoted(root, number) for number in (0, 1, 2)]
        retrained(root, 3)
        return root, releases


@pytest.fixture
def project(chain, tmp_path):
    return shutil.copytree(chain[0], tmp_path / "project")


@pytest.fixture
def releases(chain):
    return chain[1]


def anchor_of(root, rows=ROWS, value=lambda release: None):
    return find_anchor(builders.opened(root), "staging", rows, None, value)


def named(release):
    return ReleaseReference(release.name, release.digest, release.content)


def test_the_retraining_that_loses_too_much_in_all_is_refused(lockgate, project, releases):
    assert lockgate("check", "champion")[0] == 0
    code, said = lockgate("-v", "gate")
    assert (
        code,
        f"passed    accuracy, champion: roc_auc against the champion {releases[2].version} -0.0008" in said,
    ) == (
        3,
        True,
    ), said
    assert f"refused   accuracy, anchor: roc_auc against the anchor {releases[0].version} -0.0024 [" in said
    assert "above -0.0020 demanded; it is the best of 3 champions on these rows" in said
    verdict = yaml.safe_load((project / "build/verdict.json").read_bytes())
    assert verdict["anchor"] == str(releases[0].digest)
    assert [each["reason"] for each in verdict["findings"] if each["outcome"] != "passed"] == ["worse-than-anchor"]


def test_a_total_margin_that_is_set_holds_in_place_of_twice_the_margin(lockgate, project):
    wider = builders.PARAMS.replace("margin: 0.001", "margin: 0.001\n    total_margin: 0.004")
    builders.committed(project, "params.yaml", wider)
    retrained(project, 3)
    assert lockgate("check", "champion")[0] == 0
    code, said = lockgate("-v", "gate")
    assert (code, "above -0.0040 demanded" in said) == (0, True), said


def test_a_waiver_for_this_candidate_lets_it_pass(lockgate, project):
    assert lockgate("check", "champion")[0] == 0
    assert lockgate("gate")[0] == 3
    content = yaml.safe_load((project / "build/verdict.json").read_bytes())["content"]
    waiver = f"  - {{gate: accuracy, candidate: '{content}', expires: 2999-01-01, reason: known, name: A. Person}}\n"
    builders.committed(project, "deploy/waivers.yaml", builders.WAIVERS + waiver)
    retrained(project, 3)
    code, said = lockgate("-v", "gate")
    assert (code, "waived    accuracy, anchor" in said) == (0, True), said


def test_an_anchor_that_was_made_worse_by_hand_is_asked_again(lockgate, project, releases):
    """At the gate what was kept is taken; neither release nor promotion believes it."""
    assert lockgate("check", "champion")[0] == 0
    builders.write_champion(project, releases[0].digest, separation=2.17)
    code, said = lockgate("gate")
    assert code == 0, said
    code, said = lockgate("release")
    assert (code, f"anchor {releases[0].version}: row 0 has the score" in said) == (4, True), said
    builders.sealed(project)
    shutil.rmtree(project / "build/champions" / releases[0].version)
    code, said = lockgate("promote", "staging")
    assert (code, f"against the anchor {releases[0].version} -0.0024" in said) == (3, True), said


def test_where_nobody_has_a_champion_of_before_whoever_was_asked_is_told(lockgate, project, releases, own_store):
    shutil.rmtree(project / "build/releases" / releases[0].version)
    code, said = lockgate("check", "champion")
    assert code == 0, said
    code, said = lockgate("gate")
    assert code == 4
    assert f"the anchor cannot be told: staging named the release example {releases[0].version}: release" in said
    assert f"is not in the store {own_store}" in said
    assert "lockgate store put" in said


def test_where_nobody_has_the_champion_of_now_nobody_is_asked_twice(project, releases, monkeypatch):
    shutil.rmtree(project / "build/releases" / releases[2].version)
    asked = []
    monkeypatch.setattr(StoreThenRegistry, "document", lambda *_: asked.append(1))
    judged = try_gate(builders.instruments(project), "fake", "staging")
    found = {each.rule: each for each in judged.verdict.findings if each.gate == "accuracy"}
    assert (found["champion"].reason, found["anchor"].reason, asked) == ("no-champion-evidence", "no-anchor", [])
    assert f"the champion {releases[2].version} is one of those that may be it" in found["anchor"].message
    assert judged.verdict.outcome == "undecided"


def test_one_that_cannot_be_had_does_not_count_where_git_says_that_its_rows_were_other_ones(project, releases):
    other = (project / "dvc.lock").read_text().replace(ROWS.hex, "0" * 32)
    promotions = git(project, "log", "--format=%H", "--reverse", "--", "deploy/staging.yaml").split()[1:]
    shutil.rmtree(project / "build/releases" / releases[0].version)
    assert anchor_of(project).problem
    git(project, "checkout", "-q", "--detach", f"{promotions[0]}^")
    (project / "dvc.lock").write_text(other)
    git(project, "commit", "-qam", "Rows of then")
    git(project, "cherry-pick", *promotions)
    assert anchor_of(project) == FoundAnchor(named(releases[1]), 2)


def test_renewed_rows_have_no_anchor_yet(project, releases):
    assert anchor_of(project, md5(b"other rows")) == FoundAnchor(named(releases[2]), 0)


@pytest.mark.parametrize("other", ['positive: "no"', "task: multiclass"])
def test_a_champion_of_another_task_is_none_to_be_compared_with(project, releases, other):
    params = builders.PARAMS.replace('positive: "yes"', other)
    (project / "params.yaml").write_text(params.replace("roc_auc", "balanced_accuracy") if "task" in other else params)
    assert anchor_of(project) == FoundAnchor(named(releases[2]), 0)


def test_going_back_forgets_no_champion(project, releases):
    path = builders.opened(project).layout.environment("staging")
    builders.DOCUMENTS.write_settings(path, Deployment("staging", named(releases[1])), heading="")
    git(project, "commit", "-qam", "Back")
    assert anchor_of(project) == FoundAnchor(named(releases[0]), 3)


def test_of_a_loss_the_least_is_the_best(project, releases):
    (project / "params.yaml").write_text(builders.PARAMS.replace("metric: roc_auc", "metric: log_loss"))
    assert anchor_of(project) == FoundAnchor(named(releases[0]), 3)


def test_a_verdict_whose_anchor_was_edited_is_not_released(lockgate, project, releases):
    retrained(project, 1)
    assert lockgate("check", "champion")[0] == 0
    assert lockgate("gate")[0] == 0
    path = project / "build/verdict.json"
    path.write_text(path.read_text().replace(f'"anchor": "{releases[0].digest}"', f'"anchor": "{releases[1].digest}"'))
    code, said = lockgate("release")
    assert (code, f"its anchor is the release {releases[1].version}, now it is" in said) == (4, True), said


@pytest.mark.parametrize("known", [True, False])
def test_a_release_that_was_sealed_without_todays_metric_is_asked(project, releases, known):
    policy = builders.PARAMS.replace("metric: roc_auc", "metric: balanced_accuracy").replace("floor: 0.9", "floor: 0.5")
    (project / "params.yaml").write_text(policy)
    asked = []

    def value(release):
        asked.append(release)
        return float(release == named(releases[1])) if known else None

    found = anchor_of(project, value=value)
    assert {*asked} == {*map(named, releases)}
    if known:
        assert found == FoundAnchor(named(releases[1]), 3)
    else:
        assert "states no balanced_accuracy" in found.problem


def test_a_metric_that_evidence_does_not_state_is_taken_from_the_answers(lockgate, project, releases):
    policy = builders.PARAMS.replace("metric: roc_auc", "metric: balanced_accuracy").replace("floor: 0.9", "floor: 0.5")
    (project / "params.yaml").write_text(policy)
    retrained(project, 1)
    code, said = lockgate("check", "champion")
    assert (code, "cannot be told" in said) == (0, False), said
    _, said = lockgate("gate", "--candidate", "fake")
    assert f"against the anchor {releases[0].version} " in said, said


def shallow(project, into):
    """A clone of the latest promotion, with the releases and another candidate."""
    git(into.parent, "clone", "-q", "--depth=2", f"file://{project}", into.name)
    shutil.copytree(project / "build/releases", into / "build/releases")
    builders.write_candidate(into, weight=0.02, separation=2.17)
    return into


def test_a_shallow_clone_knows_what_the_promotion_said_that_it_sees(lockgate, project, releases, tmp_path):
    clone = shallow(project, tmp_path / "clone")
    assert f"Anchor: {releases[0].digest}" in git(clone, "log", "--format=%B").splitlines()
    assert anchor_of(clone) == FoundAnchor(replace(named(releases[0]), content=releases[2].content), 2)
    assert lockgate("check", "champion", root=clone)[0] == 0
    code, said = lockgate("gate", root=clone)
    assert (code, f"against the anchor {releases[0].version} -0.0024" in said) == (3, True), said
    policy = builders.PARAMS.replace("metric: roc_auc", "metric: accuracy").replace("floor: 0.9", "floor: 0.5")
    (clone / "params.yaml").write_text(policy)
    assert "is shallow" in anchor_of(clone).problem  # the best of then need not be the best by another metric


def test_a_shallow_clone_does_not_pass_what_it_cannot_see(lockgate, project, tmp_path):
    git(project, "commit", "-q", "--allow-empty", "-m", "Another commit")
    clone = shallow(project, tmp_path / "clone")
    builders.write_candidate(clone, weight=0.02, separation=2.19)
    code, said = lockgate("check", "champion", root=clone)
    assert (code, "anchor of staging cannot be told: this clone is shallow" in said) == (0, True), said
    code, said = lockgate("gate", root=clone)
    assert (code, "the anchor cannot be told: this clone is shallow" in said) == (4, True), said
    git(clone, "fetch", "-q", "--unshallow")
    assert lockgate("check", "champion", root=clone)[0] == 0
    code, said = lockgate("gate", root=clone)
    assert code == 0, said


def test_of_champions_of_before_the_store_hands_over_the_evidence_alone(project, releases):
    """The anchor alone is had whole."""
    root = builders.instruments(project)
    for release in releases:
        root.release_store().put(release.digest, project / "build/releases" / release.version)
    shutil.rmtree(project / "build/releases")
    assert find_anchor(root.project(), "staging", ROWS, elsewhere(root), lambda release: None) == FoundAnchor(
        named(releases[0]), 3
    )
    assert not (project / "build/releases").exists()


@pytest.mark.parametrize("file", ["evidence/accuracy.json", "manifest.json"])
def test_evidence_that_was_changed_here_is_not_what_git_names(project, releases, file):
    path = project / "build/releases" / releases[0].version / file
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"0.9", b"0.8", 1).replace(b"sha256:", b"sha256:0", 1))
    assert anchor_of(project).problem
