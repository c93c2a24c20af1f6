# The client for Kotlin, for Maven Central, with its sources and its documentation. It stands on that of Java.
mvn --batch-mode --quiet --file clients/java install -DskipTests
mvn --batch-mode --quiet --file clients/kotlin verify -Prelease -DskipTests
name=otpd-client-kotlin-$version
cp clients/kotlin/target/"$name"{,-sources,-javadoc}.jar "$out"
cp clients/kotlin/pom.xml "$out/$name.pom"
contains "$out/$name.jar" META-INF/LICENSE dev/otpd/v1/VerifyRequestKt.class
contains "$out/$name-sources.jar" META-INF/LICENSE dev/otpd/v1/VerifyRequestKt.kt
contains "$out/$name-javadoc.jar" index.html
accepted_with_maven kotlin "$name" FirstKt
