"""Releases that are packaged and served on fakes."""

import shutil
from contextlib import contextmanager

from builders import git

from lockgate.testing import FakePackager, FakeServer


class Building(FakePackager):
    """It counts what it builds."""

    built = 0

    def build(self, *parts):
        self.built += 1
        return super().build(*parts)


class Serving(FakeServer):
    """A server whose answers ``worsen`` changes; ``meanwhile`` is done while it serves."""

    def __init__(self, worsen=lambda answer: answer, meanwhile=lambda package: None):
        self.asked, self._worsen, self._meanwhile = [], worsen, meanwhile

    @contextmanager
    def start(self, package, host, port, on_request=print):
        with super().start(package, host, port, on_request) as running:
            answered = running.predict

            def predict(rows):
                self.asked.append(len(rows))
                return self._worsen(answered(rows))

            running.predict = predict
            self._meanwhile(package)
            yield running


def inverted(answer):
    """Each answer has the probability of the other class."""
    for each in answer["predictions"]:
        each["probabilities"] = dict(zip(("no", "yes"), [*each["probabilities"].values()][::-1], strict=True))
    return answer


def inverted_in_batches(answer):
    """Only whoever asks more than single rows finds it."""
    return inverted(answer) if len(answer["predictions"]) > 4 else answer


def with_service(released, root):
    """A copy of a project with a release, with a service that is committed."""
    shutil.copytree(released, root)
    (root / "serving").mkdir()
    (root / "serving/service.py").write_text("# the service\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "A service")
    return root
