# Go: the plugins for messages and stubs, from the Go module proxy.
PROTOC_GEN_GO=v1.36.12
PROTOC_GEN_GO_GRPC=v1.6.2

install_go() {
  local bin=$PWD/.plugins/bin
  [ "$("$bin/protoc-gen-go" --version 2>/dev/null)" = "protoc-gen-go $PROTOC_GEN_GO" ] ||
    GOBIN=$bin go install "google.golang.org/protobuf/cmd/protoc-gen-go@$PROTOC_GEN_GO" || return 1
  [ "$("$bin/protoc-gen-go-grpc" --version 2>/dev/null)" = "protoc-gen-go-grpc ${PROTOC_GEN_GO_GRPC#v}" ] ||
    GOBIN=$bin go install "google.golang.org/grpc/cmd/protoc-gen-go-grpc@$PROTOC_GEN_GO_GRPC"
}
