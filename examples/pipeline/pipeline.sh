#!/usr/bin/env bash
# The steps of a pipeline that deploys a release of Latchgate. Each CI system can run them, and so can you: README.md says how.
#
#   pipeline.sh download               fetches the release and verifies it
#   pipeline.sh validate               checks that SAM accepts its templates
#   pipeline.sh deploy ENVIRONMENT     deploys it to staging or production, as samconfig.toml has them
#   pipeline.sh check ENVIRONMENT      runs the doctor, which logs in, calls, refreshes and logs out
#
# It reads these variables:
#
#   LATCHGATE_REPOSITORY    the address of the repository with the release, such as https://github.com/OWNER/NAME
#   LATCHGATE_VERSION       its version, without a v
#   LATCHGATE_ARCHITECTURE  of the functions: arm64 (the default) or x86_64
#   LATCHGATE_TARGET        of this machine: x86_64-unknown-linux-musl (the default), aarch64-unknown-linux-musl, …
#   LATCHGATE_ATTESTATION   skip: don't verify where the release was built, which needs `gh`
#   AWS_REGION and AWS_DEFAULT_REGION  the region of the stack: `latchgate` reads the first, `sam` the second
set -euo pipefail

folder=release
# How often the doctor runs, and the seconds between runs: a new stack gets its keys a minute after the deployment.
tries=${LATCHGATE_TRIES:-10}
pause=${LATCHGATE_PAUSE:-15}

fail() {
    echo "pipeline.sh: $1" >&2
    exit 1
}

download() {
    local version=${LATCHGATE_VERSION:?set it, such as 0.1.0}
    local repository=${LATCHGATE_REPOSITORY:?set it, such as https://github.com/OWNER/NAME}
    local stack="latchgate-stack-$version-${LATCHGATE_ARCHITECTURE:-arm64}"
    local programs="latchgate-$version-${LATCHGATE_TARGET:-x86_64-unknown-linux-musl}"
    rm -rf "$folder"
    mkdir "$folder"
    cd "$folder"
    for file in "$stack.zip" "$stack.sha256" "$programs.tar.gz" "$programs.sha256"; do
        curl --fail --silent --show-error --location --retry 3 --remote-name \
            "$repository/releases/download/v$version/$file"
    done
    verify "$stack.zip" "$stack.sha256" "$repository"
    verify "$programs.tar.gz" "$programs.sha256" "$repository"
    python3 -m zipfile -e "$stack.zip" .
    mv "$stack" stack
    tar -xzf "$programs.tar.gz"
    mv "$programs" programs
    programs/latchgate --version
}

# Its checksum is in the list, as is the SBOM's, and this repository's workflow built it.
verify() {
    grep --quiet --fixed-strings --line-regexp "$(sha256sum "$1")" "$2" || fail "$1 isn't what $2 says"
    [ "${LATCHGATE_ATTESTATION:-}" = skip ] || gh attestation verify "$1" --repo "${3#https://github.com/}"
}

validate() {
    for template in "$folder"/stack/template*.yaml; do
        sam validate --lint --template "$template"
    done
}

deploy() {
    # Your own parameters are in parameters-ENVIRONMENT.yaml, in the current folder.
    sam deploy --config-env "$1" --config-file "$PWD/$folder/stack/samconfig.toml" \
        --template-file "$folder/stack/template.yaml" --no-confirm-changeset --no-fail-on-empty-changeset
}

check() {
    local code
    [ -x "$folder/programs/latchgate" ] || fail "there is no $folder/programs/latchgate: run download first"
    for ((try = 1; ; try++)); do
        code=0
        "$folder/programs/latchgate" --stack "latchgate-$1" doctor || code=$?
        case $code in
        0) return ;;
        # The doctor failed or found something wrong, which may pass.
        1 | 5) [ "$try" -lt "$tries" ] || fail "the doctor isn't content with latchgate-$1 (exit code $code)" ;;
        *) fail "the doctor can't examine latchgate-$1 (exit code $code)" ;;
        esac
        sleep "$pause"
    done
}

environment() {
    case ${1:-} in
    staging | production) echo "$1" ;;
    *) fail "the environment is staging or production" ;;
    esac
}

case ${1:-} in
download | validate) "$1" ;;
deploy | check)
    name=$(environment "${2:-}")
    "$1" "$name"
    ;;
*) fail "download, validate, deploy ENVIRONMENT or check ENVIRONMENT" ;;
esac
