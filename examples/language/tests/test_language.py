import pytest
from language import Language

from lockgate.testing.plugin_contract import PluginContract


@pytest.mark.filterwarnings("ignore")
class TestLanguage(PluginContract):
    candidates, task, label, rows = ("letters",), "multiclass", "language", 800

    def make(self):
        return Language()
