# The client for Rust, for crates.io, with the dependencies that `npm run test:clients` compiled.
export CARGO_TARGET_DIR=$PWD/.plugins/target CARGO_TERM_QUIET=true CARGO_PROFILE_DEV_DEBUG=0
(cd clients/rust && cargo package --allow-dirty && cargo publish --dry-run --no-verify --allow-dirty)
cp "$CARGO_TARGET_DIR/package/otpd-client-$version.crate" "$out"
contains "$out/otpd-client-$version.crate" "otpd-client-$version"/{Cargo.toml,LICENSE,README.md,service_config.json,src/lib.rs}
