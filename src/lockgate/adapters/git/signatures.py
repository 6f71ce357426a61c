"""What git, `ssh-keygen` and `gpg` say of a signature."""

import re

from lockgate.domain.releasing.approving.approval import Signature, SignatureState

SSH_BEGINS = "-----BEGIN SSH SIGNATURE-----"
PGP_BEGINS = "-----BEGIN PGP SIGNATURE-----"

_SSH_GOOD = re.compile(r'^Good "git" signature for (?P<signer>.+) with \S+ key (?P<key>SHA256:\S+)$', re.MULTILINE)
_SSH_UNKNOWN = re.compile(r'^Good "git" signature with \S+ key (?P<key>SHA256:\S+)$', re.MULTILINE)
_GPG = "[GNUPG:] "
_ADDRESS = re.compile(r"<([^<>]+)>\s*$")
_GPG_STATES = {
    "GOODSIG": SignatureState.GOOD,
    "REVKEYSIG": SignatureState.REVOKED,
    "EXPKEYSIG": SignatureState.EXPIRED,
    "EXPSIG": SignatureState.EXPIRED,
    "BADSIG": SignatureState.BAD,
    "ERRSIG": SignatureState.UNKNOWN,
}


def of_ssh(said: str, *, passed: bool) -> Signature:
    """By the words of `ssh-keygen`, which are the same in every language; git demands more than that it is good."""
    if passed and (good := _SSH_GOOD.search(said)):
        return Signature(SignatureState.GOOD, good["signer"], (good["key"],))
    if unknown := _SSH_UNKNOWN.search(said):
        return Signature(SignatureState.UNKNOWN, "", (unknown["key"],))
    return Signature(SignatureState.BAD)


def of_gpg(said: str, *, passed: bool) -> Signature:
    """By the status lines of `gpg`, of which exactly one signature must tell."""
    lines = [line.removeprefix(_GPG).partition(" ") for line in said.splitlines() if line.startswith(_GPG)]
    words = [(word, rest) for word, _, rest in lines]
    states = [(_GPG_STATES[word], rest) for word, rest in words if word in _GPG_STATES]
    if len(states) != 1:
        return Signature(SignatureState.BAD)
    state, rest = states[0]
    keys = _keys(words) or (rest.partition(" ")[0],)
    user = rest.partition(" ")[2]
    address = _ADDRESS.search(user)
    signer = address[1] if address else user
    if state is SignatureState.GOOD and not passed:
        return Signature(SignatureState.BAD, "", keys)
    return Signature(state, "" if state is SignatureState.UNKNOWN else signer, keys)


def _keys(words: list[tuple[str, str]]) -> tuple[str, ...]:
    """The fingerprints of the key that is the person's, and of the one of its own that signed."""
    for word, rest in words:
        if word == "VALIDSIG":
            parts = rest.split()
            return tuple(dict.fromkeys((parts[-1], parts[0])))
    return ()


def divided(body: str) -> tuple[str, str]:
    """What a tag says below its head, without the signature; and how that begins, empty where there is none."""
    found = [(at, begins) for begins in (SSH_BEGINS, PGP_BEGINS) if (at := f"\n{body}".rfind(f"\n{begins}")) >= 0]
    at, begins = max(found, default=(len(body), ""))
    return body[:at], begins
