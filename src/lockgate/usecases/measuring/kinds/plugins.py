"""Evidence that gates of others measure: each by its own code, of the candidate's ONNX model."""

from collections.abc import Iterator

from lockgate.domain.judging.protocol.extensions.measurable import Measurable
from lockgate.domain.judging.protocol.gate import AskedGate
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Columns
from lockgate.errors import FOREIGN, LockgateError, ModelError
from lockgate.ports import Runtime
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.project.project import Project, read_candidate


def asks_others(project: Project) -> bool:
    """Whether a gate that the policy names measures anything."""
    return any(gate.gate.measure is not None and gate.mode != "off" for gate in project.gates)


def check_others(project: Project, judged: LoadedModel, runtime: Runtime) -> Iterator[tuple[str, object]]:
    """The documents of the gates that the policy names, by their names, written where a candidate's evidence lies.

    Raises ``ModelError`` for a gate that fails, or that gives what is no document of its own: nothing of it is kept.
    """
    subject = read_candidate(project, judged.name).subject

    def ask(columns: Columns) -> Answers:
        outputs = judged.session.run(Inputs.of(columns, judged.signature.inputs))
        return Answers.of(judged.signature, outputs)

    given = Measurable(subject, judged.signature, judged.columns, judged.answers(), ask, dict(runtime.versions()))
    for gate in project.gates:
        if gate.gate.measure is None or gate.mode == "off":
            continue
        for name, document in _documents(gate, given):
            project.documents.write(project.layout.evidence(judged.name, name), document)
            yield name, document


def _documents(gate: AskedGate, given: Measurable) -> list[tuple[str, object]]:
    names = {of: name for name, of in gate.gate.documents.items()}
    try:
        found = list(gate.gate.measure(gate.policy, given)) if gate.gate.measure else []
    except LockgateError as error:
        raise ModelError(f"the gate {gate.name} could not measure: {error.message}", hint=error.hint) from error
    except FOREIGN as error:
        raise ModelError(
            f"the gate {gate.name} could not measure: {type(error).__name__}: {error}",
            hint=f"ask those who made {gate.package or 'it'}, or set gates.plugins.{gate.name}.mode: off",
        ) from error
    if alien := [type(document).__name__ for document in found if type(document) not in names]:
        raise ModelError(
            f"the gate {gate.name} measured {', '.join(alien)}, which is no document of its own",
            hint=f"ask those who made {gate.package or 'it'}; its documents are {', '.join(names.values()) or 'none'}",
        )
    return [(names[type(document)], document) for document in found]
