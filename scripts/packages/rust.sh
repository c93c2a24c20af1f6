# The client for Rust, for crates.io, with the dependencies that `npm run test:clients` compiled.
export CARGO_TARGET_DIR=$PWD/.plugins/target CARGO_TERM_QUIET=true CARGO_PROFILE_DEV_DEBUG=0
(cd clients/rust && cargo package --allow-dirty && cargo publish --dry-run --no-verify --allow-dirty)
cp "$CARGO_TARGET_DIR/package/otpd-client-$version.crate" "$out"
contains "$out/otpd-client-$version.crate" "otpd-client-$version"/{Cargo.toml,LICENSE,README.md,service_config.json,src/lib.rs}

# In a project that has nothing else.
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
tar xzf "$out/otpd-client-$version.crate" -C "$project"
cd "$project"
quietly cargo init --name first first
cd first
quietly cargo add otpd-client --path "../otpd-client-$version"
quietly cargo add tokio --features macros,rt-multi-thread
first_block rust "$root/clients/rust/README.md" >src/main.rs
accepted cargo run
