"""``lockgate judge``: an ONNX file and a table of rows, without a project."""
