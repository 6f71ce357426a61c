"""An OCI registry, asked through oras: with a limit to what is waited for and to what is read."""

import http
import json
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
import urllib3

from lockgate.adapters.oci.oras_import import Container, Registry, auth, utils
from lockgate.adapters.oci.patience import parts, read, timeouts, words_of
from lockgate.errors import DocumentError, ToolError

PAUSES = (0.1, 0.3, 1.0)
BUSY = frozenset({429, 500, 502, 503, 504})
HALF_WRITTEN = BUSY | {400}
"""To a manifest: a registry on a disk says `DIGEST_INVALID` while another client pushes one of its blobs, of which the
link is there and still empty.
"""
NEVER: frozenset[int] = frozenset()
ANSWER_BYTES = 4 * 2**20
OCTETS = {"Content-Type": "application/octet-stream"}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Asked(Registry):  # type: ignore[misc]
    """oras's client, which waits for ever and asks five times; here each request has its time."""

    def do_request(
        self,
        url: str,
        method: str = "GET",
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        stream: bool = False,  # noqa: FBT001, FBT002
    ) -> requests.Response:
        """One request, and a second one with a token where the registry asks for it."""
        sent = dict(headers or {})
        for again in (False, True):
            if isinstance(self.auth, auth.TokenAuth) and self.auth.token is not None:
                sent.update(self.auth.get_auth_header())
            if hasattr(data, "seek"):
                data.seek(0)
            patience = timeouts(uploads=hasattr(data, "read"))
            response: requests.Response = self.session.request(
                method, url, data=data, json=json, headers=sent, stream=stream, timeout=patience
            )
            refused = response.status_code in {http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}
            if again or not refused:
                break
            sent, changed = self.auth.authenticate_request(response, sent)
            if not changed:
                break
        return response


class OciRepository:
    """One repository of a registry: blobs, manifests and tags, as the distribution specification has them."""

    def __init__(self, at: str) -> None:
        self.where = f"oci://{at}"
        self._host = at.partition("/")[0]
        local = self._host.rpartition(":")[0] or self._host
        self._registry = Asked(insecure=local in LOOPBACK)
        self._container = Container(at)

    def tags(self) -> Iterator[str]:
        """Every tag; none where the repository is not there yet."""
        url: str | None = self._url(self._container.tags_url(1000))
        while url:
            with self._answer("GET", url, missing=True, stream=True) as found:
                if found is None:
                    return
                yield from _json(read(found, ANSWER_BYTES)).get("tags") or ()
                following = found.links.get("next", {}).get("url")
            url = requests.compat.urljoin(url, following) if following else None

    def manifest(self, reference: str) -> bytes | None:
        """The manifest of a tag or digest, as it is there."""
        headers = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
        url = self._url(self._container.manifest_url(reference))
        with self._answer("GET", url, headers=headers, missing=True, stream=True) as found:
            return None if found is None else read(found, ANSWER_BYTES)

    def put_manifest(self, tag: str, content: bytes, kind: str) -> None:
        """Let a tag name this manifest."""
        url = self._url(self._container.manifest_url(tag))
        with self._answer("PUT", url, again=HALF_WRITTEN, data=content, headers={"Content-Type": kind}):
            return

    def delete_manifest(self, digest: str) -> None:
        """Remove a manifest; its tags go with it."""
        with self._answer("DELETE", self._url(self._container.manifest_url(digest)), missing=True):
            return

    def put_blob(self, digest: str, content: bytes | Path) -> None:
        """Keep a blob, unless the registry has it."""
        for pause in (*PAUSES, None):
            if self._has(digest) or self._sent(digest, content, last=pause is None):
                return
            time.sleep(pause or 0.0)

    def _has(self, digest: str) -> bool:
        with self._answer("HEAD", self._url(self._container.get_blob_url(digest)), missing=True) as there:
            return there is not None

    def _sent(self, digest: str, content: bytes | Path, *, last: bool) -> bool:
        """Send a blob. ``False``: the registry was busy, and has who knows what of it, so that it is sent from anew."""
        with self._answer("POST", self._url(self._container.upload_blob_url()), headers=OCTETS) as begun:
            session = requests.compat.urljoin(begun.url, begun.headers.get("Location", "")) if begun else ""
        target = utils.append_url_params(session, {"digest": digest})
        with ExitStack() as opened:
            data = content if isinstance(content, bytes) else opened.enter_context(content.open("rb"))
            spared = frozenset[int]() if last else BUSY
            answer = self._answer("PUT", target, again=NEVER, spared=spared, data=data, headers=OCTETS)
            return opened.enter_context(answer) is not None

    def read_blob(self, digest: str, most: int) -> bytes:
        """A small blob. Raises ``DocumentError`` for one with more bytes, or where there is none."""
        with self._blob(digest) as found:
            return read(found, most)

    def bring_blob(self, digest: str, size: int, into: Path) -> None:
        """Write a blob into a file, no more bytes than its size."""
        with self._blob(digest) as found, into.open("wb") as file:
            for part in parts(found, size):
                file.write(part)

    @contextmanager
    def _blob(self, digest: str) -> Iterator[requests.Response]:
        url = self._url(self._container.get_blob_url(digest))
        with self._answer("GET", url, missing=True, stream=True) as found:
            if found is None:
                raise DocumentError(f"{self.where}: it has no blob {digest}", hint="put the release there again")
            yield found

    def _url(self, path: str) -> str:
        return f"{self._registry.prefix}://{path}"

    @contextmanager
    def _answer(
        self,
        method: str,
        url: str,
        *,
        missing: bool = False,
        again: Collection[int] = BUSY,
        spared: Collection[int] = NEVER,
        **request: Any,
    ) -> Iterator[requests.Response | None]:
        """The answer; ``None`` where nothing is there and that may be, and for one of the ``spared`` codes.

        It is asked again where the answer has a code of ``again``. Raises ``ToolError`` for every other answer.
        """
        try:
            with self._asked(method, url, request, again) as response:
                absent = missing and response.status_code == http.HTTPStatus.NOT_FOUND
                if absent or response.status_code in spared:
                    yield None
                    return
                if not response.ok:
                    raise self._refused(response)
                yield response
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            hint = f"see whether {self._host} runs, and run it again"
            raise ToolError(f"the store {self.where} does not answer: {words_of(error)}", hint=hint) from error

    def _asked(self, method: str, url: str, request: Mapping[str, Any], again: Collection[int]) -> requests.Response:
        """Ask; a registry that is busy for a moment, as with two that push one tag, is asked again."""
        try:
            self._registry.auth.load_configs(self._container)
            for pause in (*PAUSES, None):
                response = self._registry.do_request(url, method, **request)
                if response.status_code not in again or pause is None:
                    return response
                response.close()
                time.sleep(pause)
        except (ValueError, KeyError) as error:  # of a login: another document than oras expects
            raise requests.RequestException(f"its login is not understood: {type(error).__name__}") from error
        raise AssertionError("the last time was an answer")

    def _refused(self, response: requests.Response) -> ToolError:
        code, said = response.status_code, ""
        with suppress(Exception):
            first = json.loads(read(response, ANSWER_BYTES))["errors"][0]
            said = f": {str(first.get('code', ''))[:60]} {str(first.get('message', ''))[:200]}".rstrip()
        hints: dict[int, str] = {
            http.HTTPStatus.UNAUTHORIZED: f"docker login {self._host}",
            http.HTTPStatus.FORBIDDEN: f"ask for the right to push there, or: docker login {self._host}",
            http.HTTPStatus.METHOD_NOT_ALLOWED: "let the registry delete: REGISTRY_STORAGE_DELETE_ENABLED=true",
            http.HTTPStatus.NOT_FOUND: "see whether the repository is there, and may be pushed to",
        }
        words = http.HTTPStatus(code).phrase if code in {each.value for each in http.HTTPStatus} else ""
        return ToolError(
            f"the store {self.where} refuses: {code} {words}{said}",
            hint=hints.get(code, "see its log, and run it again"),
        )


def _json(content: bytes) -> Mapping[str, Any]:
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("its answer is no document")  # noqa: TRY004 - told as what it is: an answer that is none
    return found
