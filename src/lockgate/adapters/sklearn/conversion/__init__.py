"""From fitted estimators to ONNX graphs that answer the same."""
