# grpcurl, which no code is generated with: docs/debugging.md is tested with it.
GRPCURL=v1.9.4

install_grpcurl() {
  local bin=$PWD/.plugins/bin
  [ "$(go version -m "$bin/grpcurl" 2>/dev/null | awk '$1 == "mod" { print $3 }')" = "$GRPCURL" ] ||
    GOBIN=$bin go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$GRPCURL"
}
