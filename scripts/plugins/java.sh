# Java: protoc for the messages and the plugin for the stubs, as executables from Maven Central.
PROTOC_JAVA=4.33.6
PROTOC_GEN_GRPC_JAVA=1.83.1
MAVEN_DEPENDENCY_PLUGIN=3.9.0

install_java() {
  local out=$PWD/.plugins/java stamp=$PWD/.plugins/java/installed versions="$PROTOC_JAVA $PROTOC_GEN_GRPC_JAVA" platform
  [ "$(cat "$stamp" 2>/dev/null)" = "$versions" ] && return
  platform=$(java_platform) || return 1
  rm -rf "$out"
  copy_from_maven "com.google.protobuf:protoc:$PROTOC_JAVA:exe:$platform" "$out" &&
    copy_from_maven "io.grpc:protoc-gen-grpc-java:$PROTOC_GEN_GRPC_JAVA:exe:$platform" "$out" || return 1
  mv "$out/protoc-$PROTOC_JAVA-$platform.exe" "$out/protoc" &&
    mv "$out/protoc-gen-grpc-java-$PROTOC_GEN_GRPC_JAVA-$platform.exe" "$out/protoc-gen-grpc-java" &&
    chmod +x "$out/protoc" "$out/protoc-gen-grpc-java" &&
    echo "$versions" >"$stamp"
}

# The machine in the words of the artifacts.
java_platform() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo linux-x86_64 ;;
    Linux-aarch64) echo linux-aarch_64 ;;
    Darwin-x86_64) echo osx-x86_64 ;;
    Darwin-arm64) echo osx-aarch_64 ;;
    *) echo "no Java plugins for $(uname -sm)" >&2; return 1 ;;
  esac
}

copy_from_maven() {
  mvn --batch-mode --quiet "org.apache.maven.plugins:maven-dependency-plugin:$MAVEN_DEPENDENCY_PLUGIN:copy" \
    -Dartifact="$1" -DoutputDirectory="$2"
}
