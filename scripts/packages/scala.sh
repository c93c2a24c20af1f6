# The client for Scala, for Maven Central, with its sources and its documentation. It stands on that of Java.
mvn --batch-mode --quiet --file clients/java install -DskipTests
said=$(mvn --batch-mode --quiet --file clients/scala verify -Prelease -DskipTests 2>&1) || { echo "$said" >&2; exit 1; }
# The documentation is made whatever its warnings are.
if grep -F warning <<<"$said"; then
  echo "$said" >&2
  exit 1
fi
name=otpd-client-scala_2.13-$version
cp clients/scala/target/"$name"{,-sources,-javadoc}.jar "$out"
cp clients/scala/pom.xml "$out/$name.pom"
contains "$out/$name.jar" META-INF/LICENSE dev/otpd/scaladsl/OtpClient.class
contains "$out/$name-sources.jar" META-INF/LICENSE dev/otpd/scaladsl/OtpClient.scala
contains "$out/$name-javadoc.jar" index.html dev/otpd/scaladsl/OtpClient.html
accepted_with_maven scala "$name" First
