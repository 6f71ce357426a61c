"""What every plug-in keeps, for both networks."""

import pytest
from digits import Digits

from lockgate.testing.plugin_contract import PluginContract


@pytest.mark.filterwarnings("ignore")
class TestDigits(PluginContract):
    candidates, task, label, rows = ("torch", "keras"), "multiclass", "digit", 300

    def make(self):
        return Digits()
