"""The forgeries that every project is drilled with: what the release must refuse, and what is no approval."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.releasing.approving.approval import SAID, Approval, Asked, SignatureState
from lockgate.domain.releasing.approving.decision import decide_approvals
from lockgate.domain.releasing.approving.rule import ApprovalRule
from lockgate.domain.releasing.bundle_files import MANIFEST, VERDICT, VERSIONS, demanded, sealed
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import Manifest
from lockgate.errors import MissingTool, Refused, SourceError, ToolError, Undecided
from lockgate.ports.releasing.stranger import StrangersRepository
from lockgate.usecases.judging.drill.forgery import Forgery, Sound
from lockgate.usecases.judging.drill.plant import NotAsked
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.release_folders import open_release
from lockgate.usecases.releasing.desired_state.approvals import Authority, authority_of, look_here
from lockgate.usecases.releasing.desired_state.target import policy_here


def forgeries(instruments: Instruments) -> tuple[Forgery, ...]:
    """In the order of `drill.json`."""
    return (
        Forgery("a release signed by a foreign key", "release", "foreign-key", partial(_foreign_release, instruments)),
        Forgery("an approval that nobody signed", "approvals", "not-signed", partial(_unsigned_tag, instruments)),
        Forgery("an approval by a foreign key", "approvals", "foreign-key", partial(_foreign_tag, instruments)),
    )


def _foreign_release(instruments: Instruments, sound: Sound) -> str | None:
    """A whole bundle with a good signature, of a key that neither a commit nor this user names."""
    project, folder = sound.project, sound.folder / "bundle"
    _seal(sound, folder)
    try:
        strangers = instruments.strangers(sound.folder).keyring()
    except MissingTool as error:
        raise NotAsked(f"nothing can be signed here: {error.message}") from error
    key = strangers.sign(folder)
    open_release(replace(project, keyring=strangers), folder)  # whoever has that key as an own one may open it
    try:
        open_release(project, folder)
    except Refused as error:
        if key.fingerprint.short not in error.message:
            raise
        return error.message
    return None


def _seal(sound: Sound, folder: Path) -> None:
    """The candidate as a bundle; files that nobody reads to open one are empty."""
    project, paths = sound.project, sound.project.layout.candidate(sound.name)
    sources = {MODEL: paths.model, SIGNATURE: paths.signature, PROFILE: paths.profile}
    sources |= {sealed(kind): project.layout.evidence(sound.name, kind) for kind in sound.verdict.evidence}
    with project.files.place(folder, sources) as staged:
        project.documents.write(staged / VERDICT, sound.verdict)
        for name in sorted(demanded(VERSIONS[-1]) - set(project.files.tree(staged))):
            project.files.write_bytes(staged / name, b"")
        manifest = Manifest.of(project.settings.model, project.files.tree(staged))
        project.documents.write(staged / MANIFEST, manifest)


def _unsigned_tag(instruments: Instruments, sound: Sound) -> str | None:
    """A tag like that of an approval, in somebody's name, and without a signature."""

    def forge(repository: StrangersRepository, asked: Asked, person: str) -> str:
        repository.tag(asked.tag_of(person), repository.commit, asked.message(person, recorded=False))
        return SAID[SignatureState.NONE]

    return _forged_approval(instruments, sound, forge)


def _foreign_tag(instruments: Instruments, sound: Sound) -> str | None:
    """A tag like that of an approval, in somebody's name, with a good signature of a key that is nobody's."""

    def forge(repository: StrangersRepository, asked: Asked, person: str) -> str:
        repository.sign(asked.tag_of(person), repository.commit, asked.message(person, recorded=False))
        looked = _look(instruments, repository, asked, Authority(ApprovalRule(), repository.signers, {}))
        if looked.problem:  # whoever knows the key would count it
            raise Undecided(f"it is not what it says: {looked.problem}")
        return repository.fingerprint

    return _forged_approval(instruments, sound, forge)


Forge = Callable[[StrangersRepository, Asked, str], str]
"""Sets a tag in a person's name, and says what must stand in the words of its refusal."""


def _forged_approval(instruments: Instruments, sound: Sound, forge: Forge) -> str | None:
    """How the tag was refused for each environment that demands approvals; production's, where none does."""
    authorities = _authorities(instruments)
    repository = _repository(instruments, sound, authorities)
    reference = ReleaseReference(sound.project.settings.model, sound.verdict.content, sound.verdict.content)
    said = ""
    for environment, authority in authorities.items():
        rule = authority.rule or ApprovalRule()
        asked = Asked(environment, reference, repository.commit)
        expected = forge(repository, asked, rule.by[0] if rule.by else repository.person())
        looked = _look(instruments, repository, asked, authority)
        if decide_approvals(asked, rule, [looked], frozenset()).counted:
            return None
        if expected not in looked.problem:
            raise Undecided(f"it was refused, yet not for what it is: {looked.problem}")
        said = said or f"for {environment}: {looked.problem}"
    return said


def _look(instruments: Instruments, repository: StrangersRepository, asked: Asked, authority: Authority) -> Approval:
    (tag,) = repository.find(asked.prefix)
    return look_here(replace(instruments, signed_tags=lambda: repository), asked, tag, authority)


def _authorities(instruments: Instruments) -> dict[str, Authority]:
    settings = instruments.project().settings
    try:
        target = policy_here(instruments)
        every = {each: authority_of(instruments, each, target) for each in settings.environments}
    except SourceError as error:
        raise NotAsked(f"no commit says who approves: {error.message}") from error
    demanding = {each: authority for each, authority in every.items() if authority.rule is not None}
    return demanding or {settings.production: every[settings.production]}


def _repository(instruments: Instruments, sound: Sound, authorities: Mapping[str, Authority]) -> StrangersRepository:
    try:
        return instruments.strangers(sound.folder).repository()
    except (MissingTool, ToolError) as error:
        if any(authority.rule is not None for authority in authorities.values()):
            raise
        raise NotAsked(f"no environment demands approvals, and none can be forged here: {error.message}") from error
