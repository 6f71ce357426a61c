"""``lockgate check parity``: the trained model and its ONNX export on real rows, on invented ones, in every setting."""

from dataclasses import replace

import numpy as np

from lockgate.domain.candidate import Subject
from lockgate.domain.edge_rows import EdgeRows, edge_rows
from lockgate.domain.evidence import InventedParity, OutputParity, ParityEvidence, SettingParity
from lockgate.domain.identity import Digest
from lockgate.domain.parity import compare
from lockgate.domain.profile import Profile
from lockgate.domain.setting import AS_SERVED, CALLS, Setting, settings_for
from lockgate.domain.signature import Columns, Outputs
from lockgate.errors import ModelError
from lockgate.ports import ModelPlugin, Runtime, Session, SourceModel
from lockgate.usecases.check import Judged
from lockgate.usecases.export import open_trained
from lockgate.usecases.project import Project, read_candidate

SEED = 20_261


def check_parity(project: Project, judged: Judged, plugin: ModelPlugin, runtime: Runtime) -> ParityEvidence:
    """Run the trained model and its ONNX export on every held-out row, and record how they differ."""
    trained, source = open_trained(project, judged.name, plugin)
    paths = project.layout.candidate(judged.name)
    evidence = measure_parity(
        judged,
        source,
        runtime,
        project.documents.read(paths.profile, Profile),
        read_candidate(project, judged.name).subject,
        project.files.sha256(paths.trained.parent / trained.model),
    )
    project.documents.write(paths.parity, evidence)
    return evidence


def measure_parity(
    judged: Judged, source: SourceModel, runtime: Runtime, profile: Profile, subject: Subject, trained: Digest
) -> ParityEvidence:
    """The facts: on the held-out rows, on rows invented from the profile, and in every setting of the runtime."""
    comparison = compare(judged.signature, source.predict(judged.columns), judged.outputs)
    declared, actual = judged.signature.names, judged.session.input_names()
    return ParityEvidence(
        subject=subject,
        tools=dict(runtime.versions()),
        source=trained,
        rows=judged.rows,
        missing_inputs=tuple(name for name in declared if name not in actual),
        unexpected_inputs=tuple(name for name in actual if name not in declared),
        missing_outputs=comparison.missing,
        unexpected_outputs=comparison.unexpected,
        reordered_outputs=comparison.reordered,
        outputs=comparison.outputs,
        flips=comparison.flips,
        worst_flips=comparison.worst_flips,
        invented=_invented(judged, source, profile),
        settings=_settings(judged, runtime),
    )


def _invented(judged: Judged, source: SourceModel, profile: Profile) -> InventedParity:
    """Both models on rows at and beyond the edges of the training data."""
    rows, refused = _answerable(edge_rows(judged.signature, profile), source)
    try:
        comparison = compare(judged.signature, source.predict(rows.columns), judged.session.run(rows.columns))
    except ModelError as error:
        return InventedParity(len(rows.names), refused=refused, error=error.message)
    return InventedParity(
        refused=refused,
        rows=len(rows.names),
        missing_outputs=comparison.missing,
        outputs=tuple(_named(output, rows.names) for output in comparison.outputs),
        flips=comparison.flips,
        worst_flips=tuple(replace(flip, name=rows.names[flip.row]) for flip in comparison.worst_flips),
    )


def _answerable(rows: EdgeRows, source: SourceModel) -> tuple[EdgeRows, tuple[str, ...]]:
    """The rows that the trained model answers at all, and the names of those that it refuses."""
    if _answers(source, rows):
        return rows, ()
    kept = [row for row in range(len(rows.names)) if _answers(source, rows.only([row]))]
    return rows.only(kept), tuple(name for row, name in enumerate(rows.names) if row not in kept)


def _answers(source: SourceModel, rows: EdgeRows) -> bool:
    try:
        source.predict(rows.columns)
    except Exception:  # whatever a framework raises at a row that it does not take
        return False
    return True


def _named(output: OutputParity, names: tuple[str, ...]) -> OutputParity:
    return replace(output, worst_rows=tuple(replace(worst, name=names[worst.row]) for worst in output.worst_rows))


def _settings(judged: Judged, runtime: Runtime) -> tuple[SettingParity, ...]:
    """The ONNX model against itself: its answers to all rows at once are what every other setting must give."""
    # The same session is asked again: a new one would begin its random numbers anew.
    sessions: dict[object, Session] = {AS_SERVED.session: judged.session}
    found = []
    for setting in settings_for(runtime.providers()):
        try:
            if setting.session not in sessions:
                sessions[setting.session] = runtime.open(judged.model, judged.signature, setting)
            found.append(_vary(judged, sessions[setting.session], setting))
        except ModelError as error:
            found.append(SettingParity(setting.name, 0, error=error.message))
    return tuple(found)


def _vary(judged: Judged, session: Session, setting: Setting) -> SettingParity:
    total = judged.rows
    rows = np.arange(min(total, setting.batch * CALLS or total))
    if setting.shuffled:
        rows = np.random.default_rng(SEED).permutation(rows)
    expected = {name: values[rows] for name, values in judged.outputs.items() if len(values) == total}
    answered = _answer(session, {name: judged.columns[name][rows] for name in judged.signature.names}, setting.batch)
    comparison = compare(judged.signature, expected, answered)
    worst = [row for output in comparison.outputs for row in output.worst_rows]
    return SettingParity(
        setting=setting.name,
        rows=len(rows),
        missing_outputs=comparison.missing,
        outputs=tuple(replace(output, worst_rows=(), histogram=()) for output in comparison.outputs),
        flips=comparison.flips,
        worst_row=int(rows[max(worst, key=lambda row: row.absolute).row]) if worst else None,
    )


def _answer(session: Session, columns: Columns, batch: int) -> Outputs:
    rows = len(next(iter(columns.values())))
    if not batch:
        return session.run(columns)
    parts = [
        session.run({name: values[start : start + batch] for name, values in columns.items()})
        for start in range(0, rows, batch)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
