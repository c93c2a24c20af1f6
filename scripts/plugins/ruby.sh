# Ruby: protoc is the one of Java, whose code for Ruby runs on google-protobuf from 3.21 on. A plugin of ours, in TypeScript, does the rest.
install_ruby() {
  # shellcheck source=/dev/null
  source scripts/plugins/java.sh && install_java
}
