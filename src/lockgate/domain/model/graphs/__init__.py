"""ONNX graphs that came from elsewhere: what they declare, what is fed to them, and what they answer."""
