"""OCI registries: releases as artefacts that their own tools list and copy."""
