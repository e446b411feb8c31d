#!/usr/bin/env bash
# Builds every function for Amazon Linux 2023 and deploys the stack to the AWS account of the current credentials.
# Not tried on a real account yet. Tried: `sam validate --lint`, and this `sam deploy` with AWS_ENDPOINT_URL at MiniStack.
#
#   cargo xtask deploy                                            # makes the wasm modules first and calls this
#   cargo xtask deploy --parameter-overrides UseCase=telco        # arguments go to `sam deploy`
#
# Environment: SLUICE_WASM_DIR  folder with the wasm modules compiled ahead of time, for the processor below
#              ARCHITECTURE     x86_64 (default) or arm64
set -euo pipefail
cd "$(dirname "$0")/.."

architecture="${ARCHITECTURE:-x86_64}"
modules="${SLUICE_WASM_DIR:?is not set; call this through cargo xtask deploy}"
for tool in "cargo lambda" sam; do
    # shellcheck disable=SC2086 # two words on purpose
    $tool --version >/dev/null || { echo "$tool is missing: pip install cargo-lambda ziglang; pip install -r infra/requirements-sam.txt" >&2; exit 1; }
done

flags=(--release --locked --lambda-dir target/lambda)
[[ "$architecture" == arm64 ]] && flags+=(--arm64)

rm -rf target/lambda
for folder in functions/*/; do
    function="$(basename "$folder")"
    # One at a time: together they would unify features, and every binary would grow.
    cargo lambda build "${flags[@]}" --manifest-path "$folder/Cargo.toml" --bin "$function"
    # Which modules go into which package is as in xtask/src/package.rs.
    case "$function" in
        predict | score | select | register | deploy) names=(compact.cwasm tract.cwasm wasm.json) ;;
        *) continue ;;
    esac
    mkdir -p "target/lambda/$function/wasm"
    for name in "${names[@]}"; do
        cp "$modules/$name" "target/lambda/$function/wasm/"
    done
done

sam deploy --template-file infra/template.yaml --config-file "$PWD/infra/samconfig.toml" "$@"
