"""`lockgate verify` names every difference from what was sealed, whatever somebody did to a bundle."""

import json
import os
import pickle
import shutil
import time
from dataclasses import replace
from datetime import date

import builders
import pytest
from builders import DOCUMENTS, FILES
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from made_before import ENGINES, unpacked

from lockgate.adapters.signing.keyring import FileKeyring
from lockgate.cli.main import run
from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.releasing.release import Manifest
from lockgate.errors import LockgateError, Refused
from lockgate.usecases.project.release_folders import open_release, read_release
from lockgate.usecases.project.trust import check_signature
from lockgate.usecases.releasing.signing.verify import Asked, verify_bundle
from lockgate.usecases.releasing.signing.verify_reference import bench_of


@pytest.fixture(scope="module")
def sealed(made_project, tmp_path_factory):
    """A project with a release, made once and never changed; and the folder of the release."""
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("sealed") / "project")
    assert run(["-C", str(root), "gate"]) == 0
    return root, builders.sealed(root)[1]


@pytest.fixture
def released(sealed, tmp_path):
    """A copy, free to be changed."""
    root = shutil.copytree(sealed[0], tmp_path / "copy")
    return root / sealed[1].relative_to(sealed[0])


@pytest.fixture(scope="module")
def bench(sealed):
    return bench_of(builders.instruments(sealed[0]))


@pytest.fixture
def found(bench):
    return lambda folder, **asked: verify_bundle(bench, folder, Asked("it", **asked))


def told(verification):
    return [each.message for each in verification.differences]


def test_what_was_sealed_is_verified_and_says_what_was_judged_again(released, found):
    verification = found(released)
    assert (verification.state, told(verification)) == ("verified", [])
    assert verification.signer is not None
    assert {"tests", "parity"} <= set(verification.judged_again)
    assert any("is your own: nobody else trusts it" in note for note in verification.notes)


def test_every_difference_is_named_and_not_the_first_alone(released, found):
    (released / "model.onnx").write_bytes(b"another model")
    (released / "labels.json").unlink()
    (released / "evidence/tests.json").rename(released / "evidence/more.json")
    (released / "extra.json").write_text("{}")
    (released / "model.pkl").write_bytes(b"\x80\x04.")
    (released / "link.json").symlink_to("/etc/passwd")
    (released / "Verdict.json").write_text("{}")
    os.mkfifo(released / "pipe.json")
    verification = found(released)
    assert verification.state == "refused"
    kinds = {(each.what, each.file) for each in verification.differences}
    assert {
        ("changed", "model.onnx"),
        ("missing", "labels.json"),
        ("renamed", "evidence/tests.json"),
        ("additional", "extra.json"),
        ("additional", "model.pkl"),
        ("unsafe", "model.pkl"),
        ("unsafe", "link.json"),
        ("unsafe", "pipe.json"),
        ("unsafe", "Verdict.json"),
        ("signature", "model.sig"),
    } <= kinds
    assert "evidence/tests.json is called evidence/more.json here" in told(verification)


@pytest.mark.parametrize("name", ["manifest.json", "model.sig", "verdict.json", "policy.json", "signature.json"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 5000, b'{"a":1e999}'])
def test_a_file_of_any_form_is_a_difference_and_no_crash(released, found, name, content):
    (released / name).unlink()
    if content is not None:
        (released / name).write_bytes(content)
    verification = found(released)
    assert verification.state == "refused"
    assert any(name in (each.file, *each.message.split()) for each in verification.differences)


def test_an_empty_folder_is_refused(tmp_path, found):
    verification = found(tmp_path)
    assert (verification.state, verification.release) == ("refused", None)


def flips(folder, bench, open_door):
    """Whether a bundle is neither verified nor opened."""
    refused = verify_bundle(bench, folder, Asked("it")).state == "refused"
    try:
        open_door(folder)
    except LockgateError:
        return refused
    return False


@pytest.fixture(scope="module")
def door(sealed):
    project = builders.opened(sealed[0])
    return lambda folder: open_release(project, folder)


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_bit_of_each_file_a_file_less_and_a_file_swapped_are_refused(sealed, bench, door, tmp_path):
    """Every file: its first bit, its last, one in the middle; taken away; in the place of the next one."""
    folder = shutil.copytree(sealed[1], tmp_path / "bundle")
    names = files_of(folder)
    assert {"manifest.json", "model.sig", "model.onnx", "verdict.json"} <= set(names)
    for name, following in zip(names, [*names[1:], names[0]], strict=True):
        path, before = folder / name, (folder / name).read_bytes()
        for offset in {0, len(before) // 2, len(before) - 1}:
            path.write_bytes(flipped(before, offset * 8 + 3))
            assert flips(folder, bench, door), (name, offset)
        path.unlink()
        assert flips(folder, bench, door), name
        path.write_bytes((folder / following).read_bytes())
        assert flips(folder, bench, door), (name, following)
        path.write_bytes(before)
    assert verify_bundle(bench, folder, Asked("it")).state == "verified"


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.fixture(scope="module")
def scratch(sealed, tmp_path_factory):
    return shutil.copytree(sealed[1], tmp_path_factory.mktemp("bits") / "bundle")


@pytest.fixture(scope="module")
def opens(sealed, bench):
    """The door, with the keys that git was asked for once."""
    project, keys = builders.opened(sealed[0]), (bench.committed, bench.own)

    def check(folder):
        release = read_release(project, folder)
        files = {**release.manifest.files, "manifest.json": FILES.sha256(folder / "manifest.json")}
        if not check_signature(project.store, project.keyring, folder, files, keys).signer:
            raise Refused("its signature does not count")

    check(sealed[1])
    return check


@pytest.mark.slow
@examples(max_examples=1000)
@given(data=st.data())
def test_any_bit_of_any_file_is_seen(scratch, opens, data):
    """The door alone: it looks at every byte, as verify does, and stops at the first difference."""
    name = data.draw(st.sampled_from(files_of(scratch)))
    path, before = scratch / name, (scratch / name).read_bytes()
    path.write_bytes(flipped(before, data.draw(st.integers(0, len(before) * 8 - 1))))
    try:
        with pytest.raises(LockgateError):
            opens(scratch)
    finally:
        path.write_bytes(before)


def reseal(folder, **changes):
    """Change the verdict, as somebody would who has a trusted key and writes manifest and signature anew."""
    builders.rewrite(folder / "verdict.json", Verdict, **changes)
    name = DOCUMENTS.read(folder / "manifest.json", Manifest).name
    DOCUMENTS.write(folder / "manifest.json", Manifest.of(name, FILES.tree(folder)))
    FileKeyring(FILES).sign(folder)


def test_a_verdict_that_does_not_follow_from_the_evidence_is_refused_though_it_is_signed(released, found):
    verdict = DOCUMENTS.read(released / "verdict.json", Verdict)
    strict = replace(verdict.policy, tests=replace(verdict.policy.tests, min_tests=1_000_000))
    reseal(released, policy=strict)
    verification = found(released)
    assert verification.state == "refused"
    assert any(
        message.startswith("tests, ran: the verdict says passed, its evidence gives") for message in told(verification)
    )
    assert "policy.json is not the policy that the verdict was drawn under" in told(verification)


class Bomb:
    """It leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


@pytest.mark.parametrize(
    "name",
    ["weights.txt", "evidence/rows.parquet", "plots/roc.png", "weights.npy", "evidence/tests.json"],
)
def test_a_pickle_under_any_name_is_refused_and_never_opened_though_it_is_signed(released, found, door, tmp_path, name):
    """By its ending, or as no file that a release holds: every reader of those that it holds reads data alone."""
    (released / name).parent.mkdir(exist_ok=True)
    (released / name).write_bytes(pickle.dumps(Bomb(tmp_path / "mark")))
    reseal(released)
    verification = found(released)
    assert verification.state == "refused"
    assert any(name in message for message in told(verification))
    with pytest.raises(LockgateError):
        door(released)
    assert not (tmp_path / "mark").exists()


def test_a_number_in_the_verdict_that_the_evidence_does_not_have_is_refused(released, found):
    verdict = DOCUMENTS.read(released / "verdict.json", Verdict)
    findings = [replace(each, measured=99) if each.rule == "ran" else each for each in verdict.findings]
    reseal(released, findings=tuple(findings))
    assert any("the verdict says 99.0, its evidence 12" in message for message in told(found(released)))


def test_an_edited_outcome_is_refused(released, found):
    verdict = DOCUMENTS.read(released / "verdict.json", Verdict)
    reseal(released, content=sha256(b"other"), candidate=verdict.candidate)
    assert any("the verdict is about" in message for message in told(found(released)))


def test_an_expired_waiver_is_said_and_refuses_nothing(released, found):
    verdict = DOCUMENTS.read(released / "verdict.json", Verdict)
    (waiver,) = verdict.waivers
    builders.rewrite(released / "verdict.json", Verdict, waivers=(replace(waiver, expires=date(2026, 1, 1)),))
    assert any(
        "expired on 2026-01-01: it is promoted nowhere new" in note
        for note in found(released, today=date(2026, 11, 29)).notes
    )


def test_a_release_of_before_is_verified_where_a_commit_has_named_it_and_undecided_elsewhere(tmp_path, lockgate):
    root = unpacked(ENGINES[0], tmp_path) / "project"
    said = {path.name: lockgate("verify", path.name, root=root) for path in (root / "build/releases").iterdir()}
    assert sorted(code for code, _ in said.values()) == [0, 4]
    assert all("it was made before releases were signed" in words for _, words in said.values())
    (other,) = (name for name, (code, _) in said.items() if code == 4)
    assert lockgate("verify", other, "--allow-unsigned", root=root)[0] == 0
    report = root / "build/releases" / other / "evidence/tests.json"
    report.write_bytes(report.read_bytes() + b" ")
    assert lockgate("verify", other, "--allow-unsigned", root=root)[0] == 3


# --- the verb ---


def test_the_verb_says_what_it_found_and_its_exit_code(released, lockgate):
    root = released.parents[2]
    for ref in (released.name, str(released), f"example:{released.name}"):
        code, said = lockgate("verify", ref, root=root)
        assert (code, "is VERIFIED" in said) == (0, True), said
    (released / "model.onnx").write_bytes(b"another model")
    code, said = lockgate("verify", str(released), root=root)
    assert (code, "model.onnx was changed" in said, "is REFUSED" in said) == (3, True, True)
    code, said = lockgate("verify", str(released), "--json", root=root)
    document, _ = json.JSONDecoder().raw_decode(said)
    assert (document["schema"], document["state"]) == ("lockgate/verification/1", "refused")


def test_a_folder_is_verified_without_a_project(released, tmp_path, monkeypatch, capfd):
    elsewhere = shutil.copytree(released, tmp_path / "elsewhere/bundle")
    monkeypatch.chdir(elsewhere.parent)
    assert run(["verify", "bundle"]) == 0
    key = next((builders.Path.home() / ".config/lockgate/keys").glob("*.pub"))
    assert run(["verify", "bundle", "--key", str(key)]) == 0
    stranger = FileKeyring(FILES, tmp_path / "keys")
    stranger.make("stranger")
    assert run(["verify", "bundle", "--key", str(tmp_path / "keys/stranger.pub")]) == 3
    assert run(["verify", "nothing"]) == 2
    assert "no folder of a release, and there is no project here" in capfd.readouterr().err


def test_a_bento_is_verified_by_its_folder(released, tmp_path, lockgate):
    shutil.copytree(released, tmp_path / "bento/src/release")
    code, said = lockgate("verify", str(tmp_path / "bento"), root=released.parents[2])
    assert code == 0, said


@pytest.mark.parametrize("ref", ["", "0", "nothing", "0000000000000", "../x", "staging"])
def test_what_names_no_release_is_told(released, lockgate, ref):
    code, said = lockgate("verify", ref, root=released.parents[2])
    assert code == 2, said
    assert "Traceback" not in said


def test_verifying_a_small_release_takes_a_moment(released, found):
    began = time.monotonic()
    found(released)
    assert time.monotonic() - began < 5
