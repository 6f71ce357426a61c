import pytest
from diamonds import QUANTILES, Diamonds

from lockgate.testing.plugin_contract import PluginContract


@pytest.mark.filterwarnings("ignore")
class TestDiamonds(PluginContract):
    candidates, task, label, quantiles, rows = ("boosting",), "regression", "price", QUANTILES, 500

    def make(self):
        return Diamonds()
