# Kotlin: the plugin for the coroutine stubs, from Maven Central as a jar that Java runs; the rest of protoc's Kotlin is in that of Java.
PROTOC_GEN_GRPC_KOTLIN=1.5.0

source scripts/plugins/java.sh

install_kotlin() {
  local out=$PWD/.plugins/kotlin stamp=$PWD/.plugins/kotlin/installed plugin=protoc-gen-grpc-kotlin
  install_java || return 1
  [ "$(cat "$stamp" 2>/dev/null)" = "$PROTOC_GEN_GRPC_KOTLIN" ] && return
  rm -rf "$out"
  copy_from_maven "io.grpc:$plugin:$PROTOC_GEN_GRPC_KOTLIN:jar:jdk8" "$out" || return 1
  mv "$out/$plugin-$PROTOC_GEN_GRPC_KOTLIN-jdk8.jar" "$out/$plugin.jar" &&
    printf '#!/bin/sh\nexec java -jar "${0%%/*}/%s.jar"\n' "$plugin" >"$out/$plugin" &&
    chmod +x "$out/$plugin" &&
    echo "$PROTOC_GEN_GRPC_KOTLIN" >"$stamp"
}
