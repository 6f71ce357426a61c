"""Nothing phones home: the variables by which each tool is told so.

Each is read while its library is imported, or before, so they are set for this process when ``lockgate`` itself is
imported, and every process that it starts inherits them.
"""

from collections.abc import Mapping

OFF: Mapping[str, str] = {
    "BENTOML_DO_NOT_TRACK": "True",
    # Asked for by many: MLflow, evidently, Gradio.
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "DVC_STUDIO_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ITERATIVE_DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # `onnxruntime.disable_telemetry_events()` does not do: what was begun at the import is sent all the same.
    "ORT_DISABLE_TELEMETRY": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""Names, and the values that switch off: of the tools that Lockgate runs, and of those that a plug-in may bring."""

SERVING = ("BENTOML_DO_NOT_TRACK", "DO_NOT_TRACK", "ORT_DISABLE_TELEMETRY")
"""Those of them that a serving image needs: it holds BentoML, ONNX Runtime, and what these two bring."""
