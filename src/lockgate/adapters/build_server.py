"""Who builds: what a build server says of itself to what runs on it."""

from collections.abc import Mapping

from lockgate.domain.releasing.provenance import HERE


def builder_of(environment: Mapping[str, str]) -> str:
    """A URI of the build server and its job, equal for every build of that job.

    Whatever runs there can set these variables: it tells who built, and the signature who vouches for it.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        return f"{environment.get('GITHUB_SERVER_URL', '')}/{environment.get('GITHUB_WORKFLOW_REF', '')}"
    if "JENKINS_URL" in environment or "JENKINS_HOME" in environment:
        return environment.get("JOB_URL") or "urn:lockgate:builder:jenkins"
    if environment.get("GITLAB_CI") == "true":
        return f"{environment.get('CI_PROJECT_URL', '')}/-/pipelines"
    return HERE
