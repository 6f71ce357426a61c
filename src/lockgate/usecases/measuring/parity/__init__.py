"""The trained model and its ONNX export on the same rows."""
