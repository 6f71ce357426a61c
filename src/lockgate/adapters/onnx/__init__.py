"""ONNX graphs: put together, changed, and asked."""
