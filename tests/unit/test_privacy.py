"""What leaves the house holds no value of a single row."""

import builders
import pytest

from lockgate.domain.profile import Profile

LEAST = "  min_rows_per_value: "


def with_least(project, value):
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("  label: outcome\n", f"  label: outcome\n{LEAST}{value}\n"))


def test_a_profile_that_keeps_values_of_fewer_rows_is_not_released(lockgate, project):
    profile = project / "build/candidates/fake/export/profile.json"
    builders.rewrite(profile, Profile, min_rows=1)
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    code, said = lockgate("release")
    assert code == 2
    assert "made with tables.min_rows_per_value at 1, which is 10 now" in said
    assert "dvc repro --force --single-item export@fake" in said
    assert not (project / "build/releases").exists()
    # What the message names is what mends it.
    builders.rewrite(profile, Profile, min_rows=10)
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    assert lockgate("release")[0] == 0


@pytest.mark.parametrize(
    ("value", "said"), [("0", "at least 1"), ("-3", "at least 1"), ("2.5", "whole number"), ("many", "whole number")]
)
def test_the_number_of_rows_is_one_at_least(lockgate, project, value, said):
    with_least(project, value)
    code, out = lockgate("status")
    assert code == 2
    assert "min_rows_per_value" in out
    assert said in out
