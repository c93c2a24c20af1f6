# actionlint, which no code is generated with: `npm run check` has it read the workflows.
ACTIONLINT=v1.7.12

install_actionlint() {
  local bin=$PWD/.plugins/bin
  [ "$(go version -m "$bin/actionlint" 2>/dev/null | awk '$1 == "mod" { print $3 }')" = "$ACTIONLINT" ] ||
    GOBIN=$bin go install "github.com/rhysd/actionlint/cmd/actionlint@$ACTIONLINT"
}
