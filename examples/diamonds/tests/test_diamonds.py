import pytest
from diamonds import QUANTILES, Diamonds

from lockgate.testing.plugin_contract import PluginContract


@pytest.mark.filterwarnings("ignore")
class TestDiamonds(PluginContract):
    candidates, task, label, quantiles = ("boosting",), "regression", "price", QUANTILES

    def make(self):
        return Diamonds()
