"""The census plug-in keeps the plug-in contract, with every candidate."""

import os
import subprocess
from pathlib import Path

import pytest

from lockgate.testing.plugin_contract import PluginContract

ROOT = Path(__file__).parents[2]
# TensorFlow's and Keras' own imports warn; none of it is ours.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


class TestCensus(PluginContract):
    candidates = ("sklearn", "fairlearn", "torch", "tensorflow")
    label, positive = "income", ">50K"

    @pytest.fixture(scope="class", autouse=True)
    def in_the_project(self, tmp_path_factory):
        """Where params.yaml and the data are, with short trainings."""
        folder = tmp_path_factory.mktemp("census")
        params = (ROOT / "params.yaml").read_text().replace("epochs: 30", "epochs: 2").replace("500", "30")
        params = params.replace("max_iter: 60", "max_iter: 10").replace("grid_size: 5", "grid_size: 2")
        (folder / "params.yaml").write_text(params)
        for name in ("data", ".dvc"):
            (folder / name).parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", str(ROOT / "data"), str(folder / "data")], check=True)
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        subprocess.run(["mkdir", "-p", str(folder / ".dvc")], check=True)
        subprocess.run(["cp", str(ROOT / ".dvc/config"), str(folder / ".dvc/config")], check=True)
        subprocess.run(
            ["dvc", "pull", "-q", "data/raw/adult.data.gz", "data/raw/adult.test.gz"], cwd=folder, check=True
        )
        before = Path.cwd()
        os.chdir(folder)
        yield
        os.chdir(before)

    def make(self):
        from census.plugin import Census

        return Census()
