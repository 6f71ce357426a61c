"""ONNX files that came from elsewhere: read, and brought to columns in and tensors out."""
