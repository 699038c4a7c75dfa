import Foundation
import TestSupport
import Testing

/// `scripts/setup.sh` on machines that are played by stand-ins for its commands.
@Suite struct SetupScriptTests {
  /// A machine: the only commands that the script finds are those in its folder.
  struct Machine {
    let folder: TemporaryFolder
    static let libraries = ["openblas", "hdf5", "libpng", "cairo", "libcrypto", "zlib"]

    init(system: String = "Linux", user: Int = 0, swift: String? = "6.3.1", libraries: [String] = libraries)
      throws
    {
      folder = try TemporaryFolder()
      for tool in ["bash", "sed", "tr", "head", "env"] {
        let original = try #require(
          ["/usr/bin/", "/bin/"].map { $0 + tool }.first { FileManager.default.fileExists(atPath: $0) })
        try FileManager.default.createSymbolicLink(atPath: folder.file(tool), withDestinationPath: original)
      }
      try command("uname", "echo \(system)")
      try command("id", "echo \(user)")
      try command("sleep", "echo \"sleep $*\" >> \"$HERE/log\"")
      try command("pkg-config", "[ -e \"$HERE/library-$2\" ]")
      if let swift { try command("swift", "echo 'Swift version \(swift) (swift-\(swift)-RELEASE)'") }
      for library in libraries {
        try Data().write(to: URL(fileURLWithPath: folder.file("library-\(library)")))
      }
    }

    func command(_ name: String, _ body: String) throws {
      let path = folder.file(name)
      try Data("#!/bin/sh\nHERE=\"\(folder.path)\"\n\(body)\n".utf8).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// An apt-get that installs everything, after failing `failures` times.
    func apt(failures: Int = 0) throws {
      try command(
        "apt-get",
        """
        echo "apt-get $*" >> "$HERE/log"
        case "$*" in *update*) exit 0 ;; esac
        echo x >> "$HERE/tries"
        n=0; while read -r line; do n=$((n + 1)); done < "$HERE/tries"
        [ "$n" -gt \(failures) ] || exit 100
        for library in \(Self.libraries.joined(separator: " ")); do : > "$HERE/library-$library"; done
        """)
    }

    func setUp() throws -> ProcessResult {
      try ProcessResult(
        folder.file("bash"), [SharedData.repositoryRoot + "/scripts/setup.sh"],
        environment: ["PATH": folder.path, "HOME": folder.path])
    }

    /// What was done to the machine, a command a line.
    var log: [String] {
      let text = (try? String(contentsOfFile: folder.file("log"), encoding: .utf8)) ?? ""
      return text.split(separator: "\n").map(String.init)
    }
  }

  @Test func nothingIsInstalledWhereNothingIsMissing() throws {
    let machine = try Machine()
    try machine.apt()
    let result = try machine.setUp()
    #expect(result.status == 0 && result.errors == "")
    #expect(result.output == "setup: everything is there (Swift 6.3)\n")
    #expect(machine.log == [])
  }

  @Test func onlyWhatIsMissingIsInstalled() throws {
    let machine = try Machine(libraries: ["openblas", "libpng", "libcrypto", "zlib"])
    try machine.apt()
    #expect(try machine.setUp().status == 0)
    #expect(machine.log.count == 2)
    #expect(machine.log.first?.hasSuffix(" update") == true)
    #expect(machine.log.last?.hasSuffix(" install --no-install-recommends libhdf5-dev libcairo2-dev") == true)
    // And a second time there is nothing to do.
    #expect(try machine.setUp().status == 0)
    #expect(machine.log.count == 2)
  }

  @Test func aptIsTriedOnceMoreAfterAPause() throws {
    let machine = try Machine(libraries: [])
    try machine.apt(failures: 1)
    let result = try machine.setUp()
    #expect(result.status == 0)
    #expect(machine.log.count == 5 && machine.log[2] == "sleep 10")
  }

  @Test func aptThatFailsTwiceIsGivenUpWithTheCommandToRunByHand() throws {
    let machine = try Machine(libraries: ["openblas"])
    try machine.apt(failures: 9)
    let result = try machine.setUp()
    #expect(result.status == 1)
    #expect(machine.log.filter { $0.contains(" install ") }.count == 2)
    #expect(
      result.errors.contains(
        "apt-get update && apt-get install -y libhdf5-dev libpng-dev libcairo2-dev libssl-dev zlib1g-dev"))
  }

  @Test func whoIsNotRootInstallsThroughSudo() throws {
    let machine = try Machine(user: 1000, libraries: [])
    try machine.apt()
    try machine.command("sudo", "echo sudo >> \"$HERE/log\"; exec \"$@\"")
    #expect(try machine.setUp().status == 0)
    #expect(machine.log.filter { $0 == "sudo" }.count == 2)
  }

  @Test func whoIsNotRootAndHasNoSudoIsToldWhatRootMustRun() throws {
    let machine = try Machine(user: 1000, libraries: [])
    try machine.apt()
    let result = try machine.setUp()
    #expect(result.status == 1 && machine.log == [])
    #expect(result.errors.contains("As root: apt-get update && apt-get install -y libopenblas-dev"))
  }

  @Test func fedoraIsToldItsPackages() throws {
    let machine = try Machine(libraries: ["openblas"])
    try machine.command("dnf", "echo dnf >> \"$HERE/log\"")
    let result = try machine.setUp()
    #expect(result.status == 1 && machine.log == [])
    #expect(
      result.errors.contains(
        "sudo dnf install openblas-devel hdf5-devel libpng-devel cairo-devel openssl-devel zlib-devel pkgconf-pkg-config dejavu-sans-fonts"
      ))
  }

  @Test func macOSIsToldHomebrewsFormulas() throws {
    let machine = try Machine(system: "Darwin", libraries: [])
    try machine.command("brew", "echo /opt/homebrew/opt/$2")
    let result = try machine.setUp()
    #expect(result.status == 1 && machine.log == [])
    #expect(
      result.errors.contains(
        "brew install openblas hdf5 libpng cairo openssl@3 zlib pkgconf && brew install --cask font-dejavu"))
  }

  @Test func anotherSystemIsToldTheList() throws {
    let result = try Machine(libraries: []).setUp()
    #expect(result.status == 1)
    #expect(
      result.errors.contains(
        "OpenBLAS, HDF5, libpng, cairo, OpenSSL (libcrypto), zlib, pkg-config, the DejaVu fonts"))
  }

  @Test(arguments: ["6.1.2", "5.10"]) func anOldSwiftIsRefused(version: String) throws {
    let result = try Machine(swift: version).setUp()
    #expect(result.status == 1)
    #expect(result.errors.contains("is too old. Swift 6.2 or newer is at https://www.swift.org/install"))
  }

  @Test(arguments: ["6.2", "6.2.1", "6.10", "7.0"]) func aNewSwiftIsAccepted(version: String) throws {
    #expect(try Machine(swift: version).setUp().status == 0)
  }

  @Test func withoutSwiftItSaysWhereToGetIt() throws {
    let result = try Machine(swift: nil).setUp()
    #expect(result.status == 1)
    #expect(
      result.errors.contains("no Swift toolchain on the PATH. Swift 6.2 or newer is at https://www.swift.org")
    )
  }
}
