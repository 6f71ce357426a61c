"""From a TensorFlow function of features to ONNX, by tf2onnx."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
import tf2onnx

from lockgate.adapters.tensorflow.console_noise import first_line, quiet
from lockgate.errors import ModelError

OPSET = 18


def convert(answer: Callable[[Any], Any], width: int) -> bytes:
    """Input ``features`` of that width, output ``probabilities``, any number of rows. Raises ``ModelError``."""
    # from_keras fails on Sequential models; a function of any model converts.
    signature = [tf.TensorSpec((None, width), tf.float32, name="features")]
    function = tf.function(lambda features: {"probabilities": answer(features)}, signature)
    try:
        with quiet():
            made, _ = tf2onnx.convert.from_function(function, signature, opset=OPSET)
    except Exception as error:
        raise ModelError(
            f"tf2onnx cannot convert the network: {first_line(error)}",
            hint="it names the operator; replace it, or write the layer otherwise",
        ) from error
    content: bytes = made.SerializeToString(deterministic=True)
    return content
