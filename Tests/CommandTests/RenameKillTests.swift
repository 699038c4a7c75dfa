import Foundation
import TestSupport
import Testing

/// A library that is loaded before the C library and kills the process at the call of `rename` whose number is in the environment, before it or after it.
private struct RenameKiller {
  let folder: TemporaryFolder
  var file: String { folder.file("kill.so") }

  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <signal.h>
    #include <stdatomic.h>
    #include <stdlib.h>
    #include <unistd.h>

    static atomic_int calls;

    int rename(const char *from, const char *to) {
      int (*next)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
      const char *before = getenv("KILL_BEFORE_RENAME"), *after = getenv("KILL_AFTER_RENAME");
      int call = atomic_fetch_add(&calls, 1) + 1;
      if (before && call == atoi(before)) kill(getpid(), SIGKILL);
      int status = next(from, to);
      if (after && call == atoi(after)) kill(getpid(), SIGKILL);
      return status;
    }

    """

  static let shared: RenameKiller? = {
    #if os(Linux)
      guard let folder = try? TemporaryFolder() else { return nil }
      let library = RenameKiller(folder: folder)
      guard (try? source.write(toFile: folder.file("kill.c"), atomically: true, encoding: .utf8)) != nil,
        let compiler = try? ProcessResult(
          "/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", library.file, folder.file("kill.c"), "-ldl"],
          environment: ProcessInfo.processInfo.environment),
        compiler.status == 0
      else { return nil }
      return library
    #else
      return nil
    #endif
  }()
}

/// The program killed between the writing of a file and its renaming, at every file that it writes.
@Suite(.enabled(if: RenameKiller.shared != nil, "needs clang, and a system that preloads libraries"))
struct RenameKillTests {
  private func run(_ small: SmallExperiment, kill: (variable: String, call: Int)? = nil) throws
    -> ProcessResult
  {
    var environment = ProcessInfo.processInfo.environment
    environment["OPENBLAS_CORETYPE"] = nil
    environment["LIKENESS_COMMIT"] = "test"
    if let kill {
      environment["LD_PRELOAD"] = try #require(RenameKiller.shared).file
      environment[kill.variable] = "\(kill.call)"
    }
    return try ProcessResult(
      LikenessProgram.path, ["run", "small.yaml", "--jobs", "1"], environment: environment,
      folder: small.folder.path)
  }

  private static let text = SmallExperiment.text.replacing("seeds: [1, 2]", with: "seeds: [1]").replacing(
    "losses: [normface, ", with: "losses: [")

  private static let choosing =
    text + "validation: {held-out: 2}\ncheckpoint: {name: best-validation, every: 1}\n"

  @Test(
    arguments: [
      ("KILL_BEFORE_RENAME", text), ("KILL_AFTER_RENAME", text), ("KILL_AFTER_RENAME", choosing),
    ])
  func killedAtAnyRenamingItEndsWithTheSameBytes(variable: String, text: String) throws {
    let undisturbed = try SmallExperiment(text)
    #expect(try run(undisturbed).status == 0)
    let expected = try RunFiles(undisturbed.folder.file("results"))
    var call = 1
    var left = 0
    while true {
      let small = try SmallExperiment(text)
      let results = small.folder.file("results")
      let killed = try run(small, kill: (variable, call))
      if killed.status == 0 { break }
      try #require(killed.status == 128 + SIGKILL, "\(call): \(killed.errors)")
      left += try RunFiles(results).abandoned.count
      let next = try run(small)
      #expect(next.status == 0, "\(variable) \(call): \(next.errors)")
      #expect(try RunFiles(results) == expected, "\(variable) \(call)")
      call += 1
      try #require(call < 500, "a program that renames without end")
    }
    // The world's files, and those of three runs. Each killing before a renaming left a file behind (or two, where stores are written side by side),
    // which the next call removed.
    #expect(call > 15)
    #expect(variable == "KILL_AFTER_RENAME" || left >= call - 1)
  }

  @Test func killedAgainAndAgainItGetsOnFileByFile() throws {
    let undisturbed = try SmallExperiment(Self.text)
    #expect(try run(undisturbed).status == 0)
    let small = try SmallExperiment(Self.text)
    // A world is made whole or anew, and so is a network without a checkpoint: its second file is the one that counts.
    #expect(try small.run("run", "small.yaml", "--dry-run").status == 0)
    var calls = 0
    while try run(small, kill: ("KILL_AFTER_RENAME", 2)).status != 0 {
      calls += 1
      try #require(calls < 50, "a program that never ends")
    }
    #expect(calls > 4)
    #expect(
      try RunFiles(small.folder.file("results")) == RunFiles(undisturbed.folder.file("results")))
  }
}
