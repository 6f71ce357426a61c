"""The release of the reference model as a delivery seals it, read by the tools of its formats."""

import json
import re

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from huggingface_hub import ModelCard
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

MOST_BYTES = 5_000_000
SENSITIVE = ("race", "sex")


@pytest.fixture
def bundle(first_delivery):
    return next((first_delivery[0] / "build/releases").glob("*/manifest.json")).parent


@pytest.mark.slow
def test_the_release_of_a_delivery_is_small_whole_and_read_by_others(bundle, first_delivery):
    demand_sound(bundle, first_delivery[0])


def demand_sound(bundle, project):
    files = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*") if path.is_file()}
    assert sum(path.stat().st_size for path in files.values()) < MOST_BYTES
    assert set(files) == {*json.loads(files["manifest.json"].read_bytes())["files"], "manifest.json", "model.sig"}
    for name in ("sbom.cdx.json", "mlbom.cdx.json"):
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(files[name].read_text()) is None
    demand_packages(json.loads(files["sbom.cdx.json"].read_bytes()), project)
    statement = json_format.Parse(files["provenance.intoto.json"].read_text(), statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    card = ModelCard.load(files["README.md"])
    verdict = json.loads(files["verdict.json"].read_bytes())
    floor = next(each for each in verdict["findings"] if (each["gate"], each["rule"]) == ("accuracy", "floor"))
    assert card.data.eval_results[0].metric_value == pytest.approx(floor["measured"], abs=1e-12)
    for where in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", card.text):
        assert where in files
    demand_private(files)


def demand_packages(bill, project):
    lock = (project / "docker/serving/requirements.lock").read_text()
    wanted = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE))
    assert {each["name"]: each["version"] for each in bill["components"]} == wanted
    assert all(each["externalReferences"][0]["hashes"] for each in bill["components"])


def demand_private(files):
    """No table has a column of the rows, and no other file is a table."""
    import pyarrow.parquet as pq

    assert [name for name in files if name.endswith(".parquet")] == ["evidence/scores.parquet"]
    columns = pq.read_schema(files["evidence/scores.parquet"]).names
    assert columns == ["row", "label", "predicted", "score of >50K"]
    assert not {*SENSITIVE} & {*columns}
