# The client for Java, for Maven Central, with its sources and its documentation.
mvn --batch-mode --quiet --file clients/java verify -Prelease -DskipTests
name=otpd-client-$version
cp clients/java/target/"$name"{,-sources,-javadoc}.jar "$out"
cp clients/java/pom.xml "$out/$name.pom"
contains "$out/$name.jar" META-INF/LICENSE dev/otpd/OtpClient.class dev/otpd/service_config.json
contains "$out/$name-sources.jar" META-INF/LICENSE dev/otpd/OtpClient.java dev/otpd/v1/VerifyRequest.java
contains "$out/$name-javadoc.jar" index.html dev.otpd.client/dev/otpd/OtpClient.html
jar --describe-module --file "$out/$name.jar" | grep -F "dev.otpd.client@$version automatic" >/dev/null ||
  { echo "$name.jar names no module dev.otpd.client" >&2; exit 1; }
accepted_with_maven java "$name" First
