#!/usr/bin/env bash
# The last step of a job of GitHub Actions, after the evidence was kept: what was checked is signed and published. From
# the environment: INPUT_PUBLISH registry/owner/name · INPUT_EVIDENCE folder · SIGNING_KEY a private key as PEM, or empty.
set -euo pipefail

args=(publish "$INPUT_PUBLISH" "$INPUT_EVIDENCE")
if [ -n "${SIGNING_KEY:-}" ]; then
    key=$(mktemp "$RUNNER_TEMP/key.XXXXXX")
    trap 'rm -f "$key"' EXIT
    printf '%s\n' "$SIGNING_KEY" >"$key"
    args+=(--key "$key")
fi
"$(dirname "$0")/../dist/cli/main.cjs" "${args[@]}"
