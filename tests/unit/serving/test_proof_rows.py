"""The rows that a package is asked, and what makes the proof fail."""

import numpy as np
import pytest
from builders import opened

from lockgate.domain.measuring.edge_rows import UNSEEN
from lockgate.domain.model.profile import Profile, profile_of
from lockgate.domain.model.request_rows import read_rows
from lockgate.domain.model.signature import Column, Signature
from lockgate.domain.serving.proof_rows import proof_rows
from lockgate.errors import LockgateError, ModelError
from lockgate.testing import FakeRuntime
from lockgate.testing.examples import SIGNATURE_OF_EXAMPLE
from lockgate.usecases.serving.proof import prove

SIGNATURE = Signature(
    (Column("f", "float32"), Column("i", "int64"), Column("b", "bool"), Column("s", "string"), Column("m", "float32")),
    (),
    (),
)
COLUMNS = {
    "f": np.repeat([1.0, 2.0, 3.0], 20).astype(np.float32),
    "i": np.repeat([4, 5, 6], 20),
    "b": np.repeat([True, True, False], 20),
    "s": np.repeat(np.array(["u", "u", "v"], dtype=object), 20),
    "m": np.full(60, np.nan, dtype=np.float32),
}


def test_rows_are_typical_missing_and_at_both_ends():
    assert proof_rows(SIGNATURE, profile_of(COLUMNS, SIGNATURE)) == {
        "typical": {"f": 2.0, "i": 5, "b": True, "s": "u", "m": None},
        "missing": {"f": None, "i": 5, "b": True, "s": None, "m": None},
        "low": {"f": 1.0, "i": 4, "b": False, "s": "v", "m": None},
        "high": {"f": 3.0, "i": 6, "b": True, "s": UNSEEN, "m": None},
    }


@pytest.mark.parametrize("profile", [profile_of(COLUMNS, SIGNATURE), Profile((), ())])
def test_every_row_can_be_sent(profile):
    rows = proof_rows(SIGNATURE, profile)
    assert read_rows(list(rows.values()), SIGNATURE.dtypes)["f"].shape == (len(rows),)


def test_no_row_is_asked_twice():
    assert list(proof_rows(Signature((Column("m", "float32"),), (), ()), Profile((), ()))) == ["typical"]


class Served:
    """A server that answers as the judged model does, and then worse."""

    def __init__(self, session, worsen):
        self._session, self._worsen, self.asked = session, worsen, []

    def predict(self, rows):
        self.asked += rows
        outputs = self._session.run(read_rows(rows, SIGNATURE_OF_EXAMPLE.dtypes))
        answers = [
            {"label": label, "probabilities": dict(zip(("no", "yes"), map(float, each), strict=True))}
            for label, each in zip(outputs["label"], outputs["probabilities"], strict=True)
        ]
        return {"release": "sha256:0", "predictions": self._worsen(answers)}


def other_label(answers):
    answers[-1]["label"] = "yes" if answers[-1]["label"] == "no" else "no"
    return answers


def other_probability(answers):
    answers[-1]["probabilities"]["no"] += 1e-4
    return answers


def no_number(answers):
    answers[0]["probabilities"]["no"] = None
    return answers


@pytest.fixture
def proof(project):
    """Prove that a server answers as the candidate; ``worsen`` changes its answers."""
    opened_, folder = opened(project), project / "build/candidates/fake/export"

    def call(worsen=lambda answers: answers, runtime=None):
        runtime = runtime or FakeRuntime()
        served = Served(FakeRuntime().open(folder / "model.onnx", SIGNATURE_OF_EXAMPLE), worsen)
        return prove(opened_, folder, served, runtime), served

    return call


def test_a_server_that_answers_as_judged_is_proved_with_all_rows(proof):
    prediction, served = proof()
    assert prediction.kinds == ("typical", "missing", "low", "high")
    assert [row["age"] for row in served.asked] == [30.0, None, 20.0, 50.0]


@pytest.mark.parametrize(
    ("worsen", "said"),
    [
        (other_label, "to the high row"),
        (other_probability, "to the high row"),
        (no_number, "to the typical row"),
        (lambda answers: answers[:-1], "not a prediction of each"),
        (lambda answers: [{"label": "no"}] * len(answers), "not a prediction"),
    ],
)
def test_one_other_label_or_probability_is_enough_to_fail(proof, worsen, said):
    with pytest.raises(LockgateError, match=said):
        proof(worsen)


class Refusing(FakeRuntime):
    """A model that takes no missing number, or no row at all."""

    def __init__(self, *, always):
        self._always = always

    def open(self, path, signature, setting=None):
        session, always = super().open(path, signature), self._always
        answered = session.run

        def run(columns):
            if always or np.isnan(columns["age"]).any():
                raise ModelError("no answer")
            return answered(columns)

        session.run = run
        return session


def test_a_row_that_the_judged_model_does_not_answer_is_not_asked(proof):
    assert proof(runtime=Refusing(always=False))[0].kinds == ("typical", "low", "high")
    with pytest.raises(ModelError, match="no answer"):
        proof(runtime=Refusing(always=True))
