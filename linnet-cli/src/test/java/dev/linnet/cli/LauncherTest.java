package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher itself, in a small copy of the repository (in a folder with spaces), with a Maven
 * that makes empty jars and a Java that says how it was called.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
final class LauncherTest {
  private static final String BUILDING = "linnet: building (first use, about a minute)…\n";
  private static final String AGAIN = "linnet: building (sources are newer)…\n";
  private static final String PREPARING = "linnet: preparing for faster starts (once)…\n";

  private Path folder;
  private Path repository;
  private Path jdk;
  private Path bin;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void make_a_repository_a_maven_and_a_java(@TempDir Path temporary) throws IOException {
    folder = temporary;
    repository = folder.resolve("a repository");
    write(
        repository.resolve("pom.xml"),
        "<project>\n  <version>1.2</version>\n  <x><version>3</version></x>\n</project>\n");
    for (String part : List.of("core", "cli")) {
      Path module = repository.resolve("linnet-" + part);
      write(module.resolve("pom.xml"), "<project/>");
      write(module.resolve("src/main/java/A.java"), "class A {}");
    }
    script(repository.resolve("linnet"), Files.readString(Path.of("../linnet"), UTF_8));
    bin = folder.resolve("bin");
    script(
        bin.resolve("mvn"),
        """
        #!/bin/sh
        echo "$*" >>'%s/maven.calls'
        sleep 0.3
        [ -z "${MAVEN_FAILS-}" ] || { echo "$MAVEN_FAILS"; exit 1; }
        case $* in *\\ -o\\ *) [ -z "${MAVEN_OFFLINE_FAILS-}" ] ||
          { echo "$MAVEN_OFFLINE_FAILS"; exit 1; } ;; esac
        mkdir -p linnet-core/target linnet-cli/target
        : >linnet-core/target/linnet-core-1.2.jar
        : >linnet-cli/target/linnet-cli-1.2.jar
        echo '%s/library.jar' >linnet-cli/target/classpath.txt
        """
            .formatted(folder, folder));
    write(folder.resolve("library.jar"), "");
    jdk = folder.resolve("jdk");
    script(
        jdk.resolve("bin/java"),
        """
        #!/bin/sh
        for argument in "$@"; do
          case $argument in -XX:ArchiveClassesAtExit=*) echo x >"${argument#*=}"; exit ;; esac
        done
        echo "pid $$"
        echo "GOMP_SPINCOUNT=$GOMP_SPINCOUNT LC_ALL=${LC_ALL-}"
        echo "$GLIBC_TUNABLES"
        printf '<%s>\\n' "$@"
        exit ${JAVA_EXITS-0}
        """);
    write(jdk.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"17.0.1\"\nOS_ARCH=\"x\"\n");
    environment.put("PATH", bin + ":/usr/bin:/bin");
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("HOME", folder.toString());
  }

  @Test
  void the_first_use_builds_and_the_second_does_not() throws Exception {
    assertThat(run("train").stderr()).isEqualTo(BUILDING + PREPARING);
    assertThat(run("train").stderr()).isEmpty();
    assertThat(mavenCalls())
        .containsExactly(
            "-q -B -o package -pl linnet-cli -am -Dmaven.test.skip=true -Dspotless.check.skip=true"
                + " -Djacoco.skip=true -Dassembly.skipAssembly=true");
  }

  @Test
  void a_source_that_is_newer_or_gone_is_built_anew() throws Exception {
    run();
    Path source = repository.resolve("linnet-core/src/main/java/B.java");
    Thread.sleep(20);
    write(source, "class B {}");
    assertThat(run().stderr()).isEqualTo(AGAIN + PREPARING);
    Thread.sleep(20);
    Files.delete(source);
    assertThat(run().stderr()).isEqualTo(AGAIN + PREPARING);
    assertThat(run().stderr()).isEmpty();
  }

  @Test
  void a_library_that_is_gone_is_built_anew() throws Exception {
    run();
    Files.delete(folder.resolve("library.jar"));
    assertThat(run().stderr()).startsWith(AGAIN);
  }

  @Test
  void a_running_java_keeps_its_jars_when_others_are_built() throws Exception {
    run();
    Path first = currentBuild();
    Thread.sleep(20);
    write(repository.resolve("linnet-cli/src/main/java/A.java"), "class A { }");
    run();
    assertThat(currentBuild()).isNotEqualTo(first);
    assertThat(first.resolve("linnet-core.jar")).exists();
  }

  @Test
  void a_build_that_fails_shows_what_maven_said_and_is_tried_again() throws Exception {
    environment.put("MAVEN_FAILS", "[ERROR] A.java: no such thing");
    Result failed = run("train");
    assertThat(failed.exit()).isEqualTo(1);
    assertThat(failed.stdout()).isEmpty();
    assertThat(failed.stderr())
        .isEqualTo(
            BUILDING
                + "[ERROR] A.java: no such thing\n"
                + "linnet: the build failed; what Maven said is above\n");
    environment.remove("MAVEN_FAILS");
    assertThat(run("train").exit()).isZero();
  }

  @Test
  void what_is_missing_offline_is_built_online() throws Exception {
    environment.put("MAVEN_OFFLINE_FAILS", "Cannot access central in offline mode");
    assertThat(run("train").stderr()).isEqualTo(BUILDING + PREPARING);
    assertThat(mavenCalls()).hasSize(2);
    assertThat(mavenCalls().get(1)).startsWith("-q -B package");
  }

  @Test
  void two_first_starts_at_once_build_once() throws Exception {
    Process one = start(repository.resolve("linnet"), folder, "train");
    Process two = start(repository.resolve("linnet"), folder, "train");
    List<Result> results = List.of(finish(one), finish(two));
    assertThat(results).allMatch(result -> result.exit() == 0);
    assertThat(mavenCalls()).hasSize(1);
    assertThat(results)
        .extracting(Result::stderr)
        .containsExactlyInAnyOrder(BUILDING + PREPARING, "linnet: waiting for another build…\n");
    assertThat(repository.resolve("target/linnet.lock")).doesNotExist();
  }

  @Test
  void the_lock_of_a_dead_process_is_taken_away() throws Exception {
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    write(repository.resolve("target/linnet.lock/pid"), dead.pid() + "\n");
    assertThat(run("train").stderr())
        .isEqualTo("linnet: waiting for another build…\n" + BUILDING + PREPARING);
    assertThat(repository.resolve("target/linnet.lock")).doesNotExist();
  }

  @Test
  void an_old_lock_without_an_owner_is_taken_away() throws Exception {
    Path lock = Files.createDirectories(repository.resolve("target/linnet.lock"));
    Files.setLastModifiedTime(lock, FileTime.from(Instant.now().minusSeconds(300)));
    assertThat(run("train").exit()).isZero();
  }

  @Test
  void it_starts_from_any_folder_and_through_symlinks() throws Exception {
    Path elsewhere = Files.createDirectories(folder.resolve("some where"));
    Path absolute =
        Files.createSymbolicLink(elsewhere.resolve("absolute"), repository.resolve("linnet"));
    Files.createSymbolicLink(elsewhere.resolve("relative"), Path.of("absolute"));
    Path link = Files.createSymbolicLink(bin.resolve("linnet"), Path.of("../some where/relative"));
    assertThat(finish(start(absolute, elsewhere, "train")).exit()).isZero();
    assertThat(finish(start(Path.of("./relative"), elsewhere, "train")).exit()).isZero();
    assertThat(finish(start(link, Path.of("/"), "train")).exit()).isZero();
    assertThat(finish(start(Path.of("sh"), repository, "linnet", "train")).exit()).isZero();
    assertThat(mavenCalls()).hasSize(1);
  }

  @Test
  void it_becomes_java_with_all_arguments_as_they_are() throws Exception {
    run();
    environment.put("JAVA_EXITS", "130");
    Process process =
        start(repository.resolve("linnet"), folder, "train", "a b", "", "*", "--x=$HOME");
    long pid = process.pid();
    Result result = finish(process);
    assertThat(result.exit()).isEqualTo(130);
    Path build = currentBuild();
    assertThat(result.stdout())
        .isEqualTo(
            """
            pid %d
            GOMP_SPINCOUNT=10000 LC_ALL=C.UTF-8
            glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864
            <-Xmx1g>
            <-Xmn32m>
            <-XX:MaxDirectMemorySize=1t>
            <-XX:+UseSerialGC>
            <-Xlog:disable>
            <-Dorg.bytedeco.javacpp.maxphysicalbytes=0>
            <-Dorg.bytedeco.javacpp.nopointergc=true>
            <-Djdk.http.auth.tunneling.disabledSchemes=>
            <-Dorg.bytedeco.javacpp.platform.extension=>
            <-XX:Tier4InvocationThreshold=50000>
            <-XX:Tier4MinInvocationThreshold=6000>
            <-XX:Tier4CompileThreshold=150000>
            <-XX:Tier4BackEdgeThreshold=400000>
            <-XX:SharedArchiveFile=%s/classes-17.0.1.jsa>
            <-cp>
            <%s/linnet-cli.jar:%s/linnet-core.jar:%s/library.jar>
            <dev.linnet.cli.Main>
            <train>
            <a b>
            <>
            <*>
            <--x=$HOME>
            """
                .formatted(pid, build, build, build, folder));
  }

  @Test
  void what_the_user_set_stays() throws Exception {
    environment.put("GOMP_SPINCOUNT", "5");
    environment.put("LC_ALL", "de_DE.ISO-8859-1");
    environment.put("LINNET_JAVA_OPTS", "-Xmx4g -ea");
    assertThat(run("train").stdout())
        .contains("GOMP_SPINCOUNT=5 LC_ALL=de_DE.ISO-8859-1\n")
        .containsSubsequence("<-Xmx1g>\n", "<-Xmx4g>\n<-ea>\n", "<dev.linnet.cli.Main>\n");
  }

  @Test
  void libraries_of_cuda_are_looked_for_where_there_are_any() throws Exception {
    String nowhere = "<-Dorg.bytedeco.javacpp.platform.extension=>";
    assertThat(run("train").stdout()).contains(nowhere);
    environment.put("LINNET_JAVA_OPTS", "-Dorg.bytedeco.javacpp.pathsFirst=true");
    assertThat(run("train").stdout()).doesNotContain(nowhere);
    environment.remove("LINNET_JAVA_OPTS");
    write(currentBuild().resolve("pytorch-2.10.0-linux-x86_64-gpu.jar"), "");
    assertThat(run("train").stdout()).doesNotContain(nowhere);
  }

  @Test
  void with_little_memory_large_tensors_go_back_to_the_system() throws Exception {
    for (List<String> call :
        List.of(
            List.of("train", "--memory", "low"),
            List.of("train", "--memory=low", "--data", "x"),
            List.of("train", "--set", "memory=low"),
            List.of("bench", "train", "resnet50", "--set=memory=low"))) {
      assertThat(run(call.toArray(String[]::new)).stdout())
          .as("%s", call)
          .contains(":glibc.malloc.mmap_threshold=4194304:");
    }
    for (List<String> call :
        List.of(
            List.of("train", "--memory", "usual"),
            List.of("train", "--out", "memory=low"),
            List.of("train", "--memory", "usual", "low"))) {
      assertThat(run(call.toArray(String[]::new)).stdout())
          .as("%s", call)
          .contains(":glibc.malloc.mmap_threshold=1073741824:");
    }
    environment.put("GLIBC_TUNABLES", "glibc.malloc.top_pad=1");
    assertThat(run("train", "--memory", "low").stdout()).contains("\nglibc.malloc.top_pad=1\n");
  }

  @Test
  void short_verbs_are_compiled_quickly_and_long_ones_well() throws Exception {
    for (List<String> call :
        List.of(
            List.<String>of(),
            List.of("--help"),
            List.of("models"),
            List.of("recipe", "list"),
            List.of("doctor"),
            List.of("train", "--help"))) {
      assertThat(run(call.toArray(String[]::new)).stdout())
          .contains("<-XX:TieredStopAtLevel=1>")
          .doesNotContain("Tier4");
    }
    assertThat(run("train").stdout()).doesNotContain("TieredStopAtLevel");
  }

  @Test
  void a_newer_java_is_told_that_native_code_is_meant() throws Exception {
    write(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    assertThat(run("train").stdout())
        .contains("<--enable-native-access=ALL-UNNAMED>")
        .contains("classes-25.0.1.jsa");
  }

  @Test
  void an_archive_older_than_a_jar_is_made_anew() throws Exception {
    run();
    Files.setLastModifiedTime(
        currentBuild().resolve("classes-17.0.1.jsa"), FileTime.from(Instant.EPOCH));
    assertThat(run().stderr()).isEqualTo(PREPARING);
    assertThat(run().stderr()).isEmpty();
  }

  @Test
  void an_old_java_is_refused() throws Exception {
    write(jdk.resolve("release"), "JAVA_VERSION=\"1.8.0_392\"\n");
    assertRefused(
        jdk + "/bin/java is Java 1.8.0_392; needs 17 or newer; set JAVA_HOME to a newer one");
  }

  @Test
  void a_java_without_a_release_file_is_asked() throws Exception {
    Files.delete(jdk.resolve("release"));
    script(
        jdk.resolve("bin/java"), "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n");
    assertRefused(
        jdk + "/bin/java is Java 11.0.2; needs 17 or newer; set JAVA_HOME to a newer one");
  }

  @Test
  void a_java_home_without_java_is_refused() throws Exception {
    environment.put("JAVA_HOME", "/nowhere");
    assertRefused(
        "JAVA_HOME is /nowhere, which has no bin/java;"
            + " point it at a JDK 17 or newer, or unset it");
  }

  @Test
  void no_java_at_all_is_one_line() throws Exception {
    environment.remove("JAVA_HOME");
    environment.put("PATH", tools().toString());
    assertRefused("no java on the PATH; install a JDK 17 or newer, or set JAVA_HOME");
  }

  @Test
  void no_maven_is_one_line() throws Exception {
    environment.put("PATH", tools().toString());
    assertRefused(
        "Maven is needed to build; install it (apt-get install maven),"
            + " or use the zip of mvn package");
  }

  @Test
  void beside_its_jar_it_never_builds() throws Exception {
    Path zip = Files.createDirectories(folder.resolve("linnet 1.2"));
    Files.copy(repository.resolve("linnet"), zip.resolve("linnet"));
    write(zip.resolve("linnet.jar"), "");
    write(zip.resolve("lib/linnet-core-1.2.jar"), "");
    Result result = finish(start(zip.resolve("linnet"), folder, "predict"));
    assertThat(result.stderr()).isEqualTo(PREPARING);
    assertThat(result.stdout()).contains("<-cp>\n<" + zip + "/linnet.jar>\n<dev.linnet.cli.Main>");
    assertThat(finish(start(zip.resolve("linnet"), folder, "predict")).stderr()).isEmpty();
    assertThat(mavenCalls()).isEmpty();
    write(zip.resolve("lib/linnet-core-1.2.jar"), "another version");
    Files.setLastModifiedTime(zip.resolve("linnet.jar"), FileTime.from(Instant.EPOCH));
    assertThat(finish(start(zip.resolve("linnet"), folder, "predict")).stderr())
        .as("other jars, even of the same age, get another archive")
        .isEqualTo(PREPARING);
  }

  private void assertRefused(String line) throws Exception {
    Result result = run("train");
    assertThat(result.stderr()).isEqualTo("linnet: " + line + "\n");
    assertThat(result.stdout()).isEmpty();
    assertThat(result.exit()).isEqualTo(1);
  }

  /** A folder with the tools that the launcher uses, and neither Java nor Maven. */
  private Path tools() throws IOException {
    Path tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : List.of("readlink", "find", "head", "mkdir", "rm", "sed", "sleep")) {
      script(
          tools.resolve(tool), "#!/bin/sh\nPATH=/usr/bin:/bin\nexec %s \"$@\"\n".formatted(tool));
    }
    return tools;
  }

  private List<String> mavenCalls() throws IOException {
    Path calls = folder.resolve("maven.calls");
    return Files.exists(calls) ? Files.readAllLines(calls, UTF_8) : List.of();
  }

  private Path currentBuild() throws IOException {
    Path builds = repository.resolve("target/linnet");
    return builds.resolve(Files.readString(builds.resolve("current"), UTF_8).strip());
  }

  private Result run(String... arguments) throws Exception {
    return finish(start(repository.resolve("linnet"), folder, arguments));
  }

  private Process start(Path launcher, Path directory, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Result finish(Process process) throws Exception {
    String stdout = new String(process.getInputStream().readAllBytes(), UTF_8);
    String stderr = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ends within a minute").isTrue();
    return new Result(process.exitValue(), stdout, stderr);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text, UTF_8);
  }

  private static void script(Path file, String text) throws IOException {
    write(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private record Result(int exit, String stdout, String stderr) {}
}
