"""From a TensorFlow function of features to ONNX, by tf2onnx."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tf2onnx

from lockgate.adapters.tensorflow.console_noise import first_line, quiet
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.request_rows import TYPES
from lockgate.errors import ModelError

OPSET = 18


def convert_direct(answer: Callable[[Sequence[Any]], Sequence[Any]], inputs: Sequence[Input]) -> bytes:
    """A function of the inputs in a row, ``(rows, *shape)`` each, to ``input_0``, ``output_0`` and so on.

    Raises ``ModelError``.
    """
    signature = [
        tf.TensorSpec((None, *_shape(each)), TYPES[each.dtype].numpy, name=f"input_{place}")
        for place, each in enumerate(inputs)
    ]

    def answered(*values: Any) -> dict[str, Any]:
        return {f"output_{place}": value for place, value in enumerate(answer(values))}

    return _converted(tf.function(answered, signature), signature)


def _shape(declared: Input) -> tuple[int | None, ...]:
    return tuple(axis.size for axis in declared.axes) or (1,)


def convert(answer: Callable[[Any], Any], width: int) -> bytes:
    """Input ``features`` of that width, output ``probabilities``, any number of rows. Raises ``ModelError``."""
    # from_keras fails on Sequential models; a function of any model converts.
    signature = [tf.TensorSpec((None, width), tf.float32, name="features")]
    return _converted(tf.function(lambda features: {"probabilities": answer(features)}, signature), signature)


def _converted(function: Any, signature: Sequence[Any]) -> bytes:
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
