"""The frameworks that Lockgate opens by itself: each adapter is imported when a trained model names it.

A floor of its own, below the command line and above the adapters: a plug-in opens its models with it wherever it runs,
in a verb, in its own tests or in a notebook.
"""

import importlib
from pathlib import Path

from lockgate.adapters.python.installed import demand
from lockgate.domain.model.candidate import Trained
from lockgate.domain.names import listed, meant
from lockgate.errors import SettingsError
from lockgate.ports import NetworkFramework, SourceModel

NETWORKS = {
    "torch": ("lockgate.adapters.torch", "TorchNetworks", "torch"),
    "tensorflow": ("lockgate.adapters.tensorflow.networks", "KerasNetworks", "tensorflow"),
    "saved_model": ("lockgate.adapters.tensorflow.saved_model", "SavedModels", "tensorflow"),
    "keras_torch": ("lockgate.adapters.tensorflow.keras_on_torch", "KerasOnTorch", "torch"),
    "xgboost": ("lockgate.adapters.trees.xgboost", "XgboostNetworks", "xgboost"),
    "lightgbm": ("lockgate.adapters.trees.lightgbm", "LightgbmNetworks", "lightgbm"),
}


def open_trained(trained: Trained, folder: Path) -> SourceModel:
    """A trained model, by the adapter of the framework that it names. Raises ``ModelError`` for another file.

    Raises ``SettingsError`` for a framework that is not known, and ``MissingTool`` for one that is not installed.
    """
    if trained.framework == "onnx":
        demand("onnx", "onnx")
        stored = folder / (trained.reference or "reference.npz")
        if trained.reference is None and not stored.exists():
            demand("onnxruntime", "onnx")
            from lockgate.adapters.onnx.handed_over import HandedOver

            return HandedOver.load(folder / trained.model, trained.inputs, trained.answered)
        from lockgate.adapters.onnx.stored_answers import load

        return load(folder / trained.model, stored, trained.inputs, trained.answered)
    if trained.preprocessing is None and trained.framework != "sklearn":
        networks = _networks(trained.framework)
        demand("onnx", "onnx")
        from lockgate.adapters.onnx.composer import OnnxComposer
        from lockgate.usecases.making.direct_model import open_direct

        return open_direct(trained, folder, networks, OnnxComposer())
    demand("skops", "sklearn")
    from lockgate.usecases.making.composed_model import open_network, open_pipeline

    if trained.framework == "sklearn":
        from lockgate.adapters.sklearn.models import SklearnFramework

        return open_pipeline(trained, folder, SklearnFramework())
    from lockgate.adapters.onnx.composer import OnnxComposer
    from lockgate.adapters.sklearn.models import SklearnPreprocessor

    return open_network(trained, folder, SklearnPreprocessor(), _networks(trained.framework), OnnxComposer())


def _networks(name: str) -> NetworkFramework:
    if name not in NETWORKS:
        raise SettingsError(
            f"trained.json: framework {name!r} is not known{meant(name, ('sklearn', 'onnx', *NETWORKS))}",
            hint=f"known are: {listed(('sklearn', 'onnx', *NETWORKS))}; for another, write `open` in the plug-in",
        )
    module, adapter, package = NETWORKS[name]
    demand(package, name)
    made: NetworkFramework = getattr(importlib.import_module(module), adapter)()
    return made
