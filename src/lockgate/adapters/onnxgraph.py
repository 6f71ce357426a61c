"""Puts two ONNX graphs together, preprocessing in front of a network, with a head that names the class.

Converters disagree on everything that a merge needs equal: skl2onnx emits IR 8 and old opsets whatever the target,
PyTorch a new opset, tf2onnx an import of ai.onnx.ml that it does not use. Both parts are brought to one form first.
"""

from collections.abc import Sequence

import numpy as np
import onnx
import onnx.numpy_helper
from onnx import ModelProto, TensorProto, compose, helper, version_converter

from lockgate.errors import ModelError

OPSET = 20
ML_OPSET = 3
IR_VERSION = 10
FEATURES = "features"
PROBABILITIES = "probabilities"
LABEL = "label"


class OnnxComposer:
    """The composer port on the onnx package."""

    def compose(self, preprocessing: bytes, network: bytes, classes: Sequence[str]) -> bytes:
        """One graph: raw columns in, ``label`` (text, ``(rows,)``) and ``probabilities`` out. Raises ``ModelError``."""
        try:
            front, back = (_aligned(onnx.load_from_string(part)) for part in (preprocessing, network))
            inputs = [node.name for node in front.graph.input]
            merged = compose.merge_models(
                _prefixed(front, "preprocessing/", inputs),
                _prefixed(back, "network/", [PROBABILITIES]),
                io_map=[(f"preprocessing/{FEATURES}", f"network/{FEATURES}")],
            )
            _add_label(merged, classes)
            _deduplicate_opsets(merged)
            onnx.checker.check_model(merged, full_check=True)
        except Exception as error:
            raise ModelError(
                f"preprocessing and network cannot be put together: {str(error).strip().splitlines()[0]}",
                hint=f"preprocessing must answer {FEATURES!r}, the network must take it and answer {PROBABILITIES!r}",
            ) from error
        content: bytes = merged.SerializeToString(deterministic=True)
        return content


def _aligned(model: ModelProto) -> ModelProto:
    """The model at the one opset, the one ai.onnx.ml version, and the one IR version."""
    converted = version_converter.convert_version(model, OPSET)
    del converted.opset_import[:]
    converted.opset_import.extend([helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)])
    converted.ir_version = IR_VERSION
    del converted.metadata_props[:]
    converted.doc_string = ""
    return converted


def _prefixed(model: ModelProto, prefix: str, kept: Sequence[str]) -> ModelProto:
    """The model with a prefix before every name but those that clients know."""
    made = compose.add_prefix(model, prefix)
    back = {f"{prefix}{name}": name for name in kept}
    for value in (*made.graph.input, *made.graph.output, *made.graph.value_info):
        value.name = back.get(value.name, value.name)
    for node in made.graph.node:
        node.input[:] = [back.get(name, name) for name in node.input]
        node.output[:] = [back.get(name, name) for name in node.output]
    return made


def _add_label(model: ModelProto, classes: Sequence[str]) -> None:
    """The class of the largest probability, by its name; put before the probabilities, as scikit-learn's graphs do."""
    graph = model.graph
    names = onnx.numpy_helper.from_array(np.asarray(classes, dtype=object), "label/classes")
    graph.initializer.append(names)
    graph.node.append(helper.make_node("ArgMax", [PROBABILITIES], ["label/index"], axis=1, keepdims=0))
    graph.node.append(helper.make_node("Gather", ["label/classes", "label/index"], [LABEL], axis=0))
    probabilities = helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [None, len(classes)])
    label = helper.make_tensor_value_info(LABEL, TensorProto.STRING, [None])
    del graph.output[:]
    graph.output.extend([label, probabilities])


def _deduplicate_opsets(model: ModelProto) -> None:
    versions = {entry.domain: entry.version for entry in model.opset_import}
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in sorted(versions.items()))
