"""ONNX Runtime: the runtime that serves, in this process or in one of its own."""
