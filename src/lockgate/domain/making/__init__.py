"""From data to an ONNX file: what stages read and make, and which candidate wins."""
