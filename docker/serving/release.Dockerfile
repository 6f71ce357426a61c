# One release: its Bento, laid on the serving environment, which brings the user, the command and the health check.
# `lockgate image release` builds it, and names the environment by its id: it is part of what is released. The context is
# the Bento's folder and nothing else.
ARG ENVIRONMENT
FROM ${ENVIRONMENT}
# Nothing phones home, on an environment that was built before it knew so either.
ENV BENTOML_DO_NOT_TRACK=True \
    DO_NOT_TRACK=true \
    ORT_DISABLE_TELEMETRY=1
COPY --chown=1034:1034 . /home/bentoml/bento
