# The client for C++, as an archive of sources: built from it, installed, and found by a project that has nothing else.
name=otpd-client-cpp-$version
git ls-files -z clients/cpp | tar czf "$out/$name.tar.gz" --null --files-from=- --transform="s|^clients/cpp|$name|"
contains "$out/$name.tar.gz" "$name"/{LICENSE,README.md,CMakeLists.txt,service_config.json,proto/otp/v1/otp_service.proto,examples/second_factor/second_factor.cc}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar xzf "$out/$name.tar.gz" -C "$work"
cmake -G Ninja -S "$work/$name" -B "$work/build" -DCMAKE_CXX_FLAGS=-O0 >/dev/null
cmake --build "$work/build" >/dev/null
cmake --install "$work/build" --prefix "$work/installed" >/dev/null
first_block cmake clients/cpp/README.md >"$work/CMakeLists.txt"
first_block cpp clients/cpp/README.md >"$work/first.cc"
cmake -G Ninja -S "$work" -B "$work/first" -DCMAKE_PREFIX_PATH="$work/installed" >/dev/null
cmake --build "$work/first" >/dev/null
accepted "$work/first/first"
