"""From data to an ONNX file."""
