"""scikit-learn models: saved and loaded through skops (never unpickled), converted by skl2onnx."""
