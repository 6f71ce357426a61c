import pytest
from demand import DAY, Demand

from lockgate.testing.plugin_contract import PluginContract


@pytest.mark.filterwarnings("ignore")
class TestDemand(PluginContract):
    candidates, task, label, rows = ("network",), "regression", "demand", 200

    def make(self):
        return Demand()

    def test_no_window_reaches_into_what_is_asked(self, tables):
        for rows in tables.values():
            assert (rows["last_week"] == rows["window"][:, DAY - 1]).all()
        assert tables["training"]["time"].max() + DAY < tables["test"]["time"].min()
