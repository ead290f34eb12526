package dev.dunlin.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Handler;
import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.StreamHandler;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What each module must not know: the table of docs/design, checked in the compiled classes. */
class ArchitectureTest {

  private static final String GENERATED = "dev.dunlin.centrifuge.wire..";

  private static JavaClasses dunlin;

  @BeforeAll
  static void readTheClasses() {
    dunlin =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // Generated, and many.
            .withImportOption(location -> !location.contains("/dev/dunlin/centrifuge/wire/"))
            .importPackages("dev.dunlin");
  }

  private static void check(ArchRule rule) {
    // A module that is only a name yet has no classes to break a rule with.
    rule.allowEmptyShould(true).check(dunlin);
  }

  @Test
  void everyModuleIsLookedAt() {
    Set<String> seen = new TreeSet<>();
    dunlin.forEach(type -> seen.add(type.getPackageName()));
    assertThat(seen).contains("dev.dunlin.websocket", "dev.dunlin.channels", "dev.dunlin.app");
  }

  @Test
  void protocolCoreNeedsTheJdkOnly() {
    check(
        classes()
            .that()
            .resideInAPackage("dev.dunlin.websocket")
            .should()
            .onlyDependOnClassesThat(
                resideInAnyPackage(
                    "dev.dunlin.websocket",
                    "java.lang..",
                    "java.nio",
                    "java.nio.charset..",
                    "java.security..",
                    "java.time..",
                    "java.util..",
                    "org.jspecify.annotations")));
  }

  @Test
  void protocolCoreKnowsNoClockNoThreadAndNoLock() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.dunlin.websocket")
            .should()
            .dependOnClassesThat(
                belongToAnyOf(Clock.class, Instant.class, Thread.class, ThreadLocal.class)
                    .or(resideInAnyPackage("java.util.logging", "java.util.concurrent.locks"))
                    .or(
                        resideInAPackage("java.util.concurrent")
                            .and(not(belongToAnyOf(ThreadLocalRandom.class, TimeUnit.class)))))
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis"));
  }

  /**
   * Row A8 of docs/security/access.md: a comparison that ends at the first difference tells how
   * much of a secret was right. Tokens, tickets and logins are looked up by their digest.
   */
  @Test
  void secretsAreComparedInConstantTime() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("dev.dunlin.auth", "dev.dunlin.app")
            .should()
            .callMethod(Arrays.class, "equals", byte[].class, byte[].class)
            .orShould()
            .callMethod(Arrays.class, "compare", byte[].class, byte[].class)
            .orShould()
            .callMethod(Arrays.class, "mismatch", byte[].class, byte[].class));
    // those that hold what they compare with
    check(
        noClasses()
            .that()
            .haveFullyQualifiedName("dev.dunlin.app.ApiKeys")
            .or()
            .haveFullyQualifiedName("dev.dunlin.auth.Tickets")
            .or()
            .haveFullyQualifiedName("dev.dunlin.auth.TokenCache")
            .should()
            .callMethod(String.class, "equals", Object.class)
            .orShould()
            .callMethod(String.class, "contentEquals", CharSequence.class)
            .orShould()
            .callMethod(String.class, "compareTo", String.class));
    // whoever makes a MAC or takes a key from a caller compares with the JDK's own method
    for (var name : List.of("dev.dunlin.auth.SignedMessages", "dev.dunlin.app.ApiKeys")) {
      check(
          classes()
              .that()
              .haveFullyQualifiedName(name)
              .should()
              .callMethod(MessageDigest.class, "isEqual", byte[].class, byte[].class));
    }
  }

  @Test
  void channelsNeedTheJdkOnly() {
    check(
        classes()
            .that()
            .resideInAPackage("dev.dunlin.channels")
            .should()
            .onlyDependOnClassesThat(
                resideInAnyPackage("dev.dunlin.channels", "java..", "org.jspecify.annotations")));
  }

  @Test
  void serverKnowsNoChannelsAndNoProtocolOverThem() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("dev.dunlin.server..", "dev.dunlin.auth")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.dunlin.channels..",
                "dev.dunlin.centrifuge..",
                "dev.dunlin.broker..",
                "dev.dunlin.app.."));
  }

  @Test
  void onlyTheTransportKnowsNetty() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.dunlin.server.netty")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty.."));
  }

  @Test
  void centrifugeKnowsNoBroker() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.dunlin.centrifuge..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.dunlin.broker..", "io.lettuce..", "io.nats.."));
  }

  @Test
  void brokersKnowChannelsOnly() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.dunlin.broker..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.dunlin.websocket..",
                "dev.dunlin.server..",
                "dev.dunlin.auth..",
                "dev.dunlin.centrifuge..",
                "dev.dunlin.app.."));
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.dunlin.broker.redis..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.dunlin.broker.nats..", "io.nats.."));
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.dunlin.broker.nats..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.dunlin.broker.redis..", "io.lettuce.."));
  }

  @Test
  void onlyTheCodecsKnowTheGeneratedClasses() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(GENERATED)
            .and()
            .haveNameNotMatching(
                "dev\\.dunlin\\.centrifuge\\."
                    + "(Protobuf(Codec|Requests|Replies)|Node(s|Answers|Messages))(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(GENERATED));
  }

  @Test
  void noStaticStateCanChange() {
    check(
        fields()
            .that()
            .areStatic()
            .and()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage(GENERATED)
            .should()
            .beFinal()
            .andShould()
            .notHaveRawType(
                resideInAPackage("java.util.concurrent.atomic")
                    // An updater names a field; it holds nothing.
                    .and(not(simpleNameEndingWith("FieldUpdater")))
                    .or(belongToAnyOf(ThreadLocal.class, StringBuilder.class))
                    .or(belongToAnyOf(ArrayList.class, ArrayDeque.class))
                    .or(belongToAnyOf(HashMap.class, HashSet.class))
                    .or(belongToAnyOf(ConcurrentHashMap.class))
                    .or(belongToAnyOf(ConcurrentLinkedQueue.class))));
    check(
        fields()
            .that()
            .areStatic()
            .and()
            .haveRawType(DescribedPredicate.describe("an array", JavaClass::isArray))
            .and()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage(GENERATED)
            .should()
            .bePrivate()
            .orShould()
            .haveModifier(JavaModifier.SYNTHETIC));
  }

  @Test
  void nothingWaitsInAMonitorOrSleeps() {
    // Up to JDK 23 a virtual thread that waits in a monitor keeps its carrier.
    check(
        noClasses()
            .should()
            .callMethod(Object.class, "wait")
            .orShould()
            .callMethod(Object.class, "wait", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", Duration.class));
  }

  @Test
  void librariesLeaveTheStandardStreamsAlone() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.dunlin.app..")
            .should(ACCESS_STANDARD_STREAMS));
  }

  @Test
  void everyPackageIsNullMarked() {
    dunlin.forEach(type -> {
      if (!type.getPackageName().equals("dev.dunlin.centrifuge.wire")) {
        assertThat(type.getPackage().tryGetPackageInfo())
            .as("package-info of " + type.getPackageName())
            .hasValueSatisfying(
                info -> assertThat(info.isAnnotatedWith(NullMarked.class)).isTrue());
      }
    });
  }

  /** A new way in needs a cell in the matrix of limits. */
  @Test
  void whoeverIsHandedWhatPeersSendHasACellInTheLimitMatrix() {
    var handed =
        dunlin.stream()
            .filter(it -> !it.isInterface())
            .filter(it ->
                it.isAssignableTo(Endpoint.class)
                    || it.isAssignableTo(Handler.class)
                    || it.isAssignableTo(StreamHandler.class)
                    || it.isAssignableTo(HttpHandler.class))
            .map(it -> it.getName().replaceAll("\\$.*", ""))
            .filter(name -> !name.startsWith("dev.dunlin.testing"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(handed).isEqualTo(new TreeSet<>(LimitMatrixTest.CELLS.keySet()));
    var tests =
        Stream.of(LimitMatrixTest.class.getDeclaredMethods()).map(it -> it.getName()).toList();
    assertThat(tests).containsAll(LimitMatrixTest.CELLS.values());
  }
}
