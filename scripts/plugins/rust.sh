# Rust: the plugins for messages (prost) and stubs (tonic), from crates.io, built with the dependencies they were released with.
PROTOC_GEN_PROST=0.5.0
PROTOC_GEN_TONIC=0.5.0

# cargo itself sees what is installed, and does nothing then.
install_rust() {
  cargo install --quiet --locked --root "$PWD/.plugins" "protoc-gen-prost@$PROTOC_GEN_PROST" "protoc-gen-tonic@$PROTOC_GEN_TONIC"
}
