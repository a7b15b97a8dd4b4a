#!/bin/sh
# Resolves requirements.lock, -dev and -build (the image): every platform, hashes, no index named.
set -eu
PATH="$1:$PATH"
resolve() { uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 "$@"; }
resolve pyproject.toml --output-file requirements.lock
resolve pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
echo "hatchling" | resolve - --constraint requirements-dev.lock --output-file requirements-build.lock
