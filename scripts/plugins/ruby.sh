# Ruby: protoc is the one of Java, whose code for Ruby runs on google-protobuf from 3.21 on. What is around it is a plugin of ours, in TypeScript.
install_ruby() {
  # shellcheck source=/dev/null
  source scripts/plugins/java.sh && install_java
}
