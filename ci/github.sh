#!/usr/bin/env bash
# Runs pratique in a job of GitHub Actions, as action.yml and the reusable workflow do. What to run comes from the
# environment, where nothing of a pull request can become a command:
#
#   INPUT_COMMAND check or lint · INPUT_PROJECT folder · INPUT_FILE Dockerfile · INPUT_ENGINE · INPUT_PROFILE
#   INPUT_FAIL_ON · INPUT_ARGUMENTS more arguments, one a line · INPUT_EVIDENCE folder for the evidence
#
# It ends with 0 whatever was found, so that evidence is kept; the last step of the job asks for the exit code. Outputs:
# exit-code, verdict, evidence (the folder), and sarif (the file) where one was written.
set -euo pipefail

evidence=${INPUT_EVIDENCE:-$RUNNER_TEMP/pratique-evidence}
mkdir -p "$evidence"
args=("${INPUT_COMMAND:-check}" "${INPUT_PROJECT:-.}" --output "$evidence")
[ -z "${INPUT_FILE:-}" ] || args+=(--file "$INPUT_FILE")
[ -z "${INPUT_PROFILE:-}" ] || args+=(--profile "$INPUT_PROFILE")
[ -z "${INPUT_FAIL_ON:-}" ] || args+=(--fail-on "$INPUT_FAIL_ON")
[ -z "${INPUT_ENGINE:-}" ] || [ "${INPUT_COMMAND:-check}" = lint ] || args+=(--engine "$INPUT_ENGINE")
while IFS= read -r word; do
    [ -z "$word" ] || args+=("$word")
done <<<"${INPUT_ARGUMENTS:-}"
for format in sarif=pratique.sarif junit=junit.xml markdown=summary.md github=annotations.txt; do
    args+=(--format "${format%%=*}=$evidence/${format#*=}")
done

code=0
"$(dirname "$0")/../dist/cli/main.cjs" "${args[@]}" || code=$?

[ ! -f "$evidence/annotations.txt" ] || cat "$evidence/annotations.txt"
rm -f "$evidence/annotations.txt"
if [ -f "$evidence/summary.md" ]; then
    cat "$evidence/summary.md" >>"$GITHUB_STEP_SUMMARY"
else
    echo "pratique made no report: the log of the job says why (exit code $code)." >>"$GITHUB_STEP_SUMMARY"
fi
verdict=$(node -p 'JSON.parse(fs.readFileSync(process.argv[1])).verdict' "$evidence/report.json" 2>/dev/null || true)
{
    echo "exit-code=$code"
    echo "verdict=$verdict"
    echo "evidence=$evidence"
    [ ! -f "$evidence/pratique.sarif" ] || echo "sarif=$evidence/pratique.sarif"
} >>"$GITHUB_OUTPUT"
