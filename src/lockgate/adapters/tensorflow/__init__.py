"""Keras networks on TensorFlow: kept in Keras' own form, loaded in its safe mode, converted by tf2onnx."""

from lockgate.adapters.tensorflow.networks import KerasNetworks, save

__all__ = ["KerasNetworks", "save"]
