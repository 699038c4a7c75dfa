import FeatureStores
import Foundation
import TestSupport
import Testing

/// `scripts/convert-lists.py` on MATLAB files of the data sets' form.
@Suite struct ListConversionTests {
  static let hasSciPy: Bool = {
    let probe = try? ProcessResult(
      "/usr/bin/env", ["python3", "-c", "import scipy.io"], environment: ProcessInfo.processInfo.environment)
    return probe?.status == 0
  }()

  /// Makes MATLAB files with `script` in a new folder and converts them.
  private func convert(_ script: String, _ arguments: String...) throws -> (
    folder: TemporaryFolder, result: ProcessResult
  ) {
    let folder = try TemporaryFolder()
    let preparation = """
      import os, numpy as np
      from scipy.io import savemat
      def cells(*values):
          array = np.empty((len(values), 1), dtype=object)
          for index, value in enumerate(values): array[index, 0] = value
          return array
      def table(rows):
          array = np.empty((len(rows), len(rows[0])), dtype=object)
          for i, row in enumerate(rows):
              for j, value in enumerate(row): array[i, j] = value
          return array

      """
    try AtomicFile.write(preparation + script, to: folder.file("make.py"))
    let environment = ProcessInfo.processInfo.environment
    let made = try ProcessResult(
      "/usr/bin/env", ["python3", "make.py"], environment: environment, folder: folder.path)
    try #require(made.status == 0, "\(made.errors)")
    let result = try ProcessResult(
      "/usr/bin/env", ["python3", "\(SharedData.repositoryRoot)/scripts/convert-lists.py"] + arguments,
      environment: environment, folder: folder.path)
    return (folder, result)
  }

  private func text(_ folder: TemporaryFolder, _ name: String) throws -> String {
    try String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  @Test(.enabled(if: hasSciPy, "needs python3 with scipy")) func agedbsSplitsBecomePairs() throws {
    let (folder, result) = try convert(
      """
      split = lambda n: {"names": table([[f"{n}_A_30_f", f"{n}_C_31_m", f"{n}_E_1_m"], [f"{n}_B_60_f", f"{n}_D_61_m", f"{n}_F_31_m"]]),
                         "labels": np.array([[1, -1, 1]])}
      savemat("a.mat", {"splits": cells(split(1), split(2))})
      """, "agedb", "a.mat", "pairs.txt")
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try text(folder, "pairs.txt")
        == "1 1_A_30_f 1_B_60_f 1\n1 1_C_31_m 1_D_61_m -1\n1 1_E_1_m 1_F_31_m 1\n2 2_A_30_f 2_B_60_f 1\n2 2_C_31_m 2_D_61_m -1\n2 2_E_1_m 2_F_31_m 1\n"
    )
  }

  @Test(.enabled(if: hasSciPy, "needs python3 with scipy")) func blufrsTrialsBecomeLabelledImages() throws {
    let (folder, result) = try convert(
      """
      savemat("b.mat", {"imageList": cells("Ann_Lee_0001.jpg", "Ann_Lee_0002.jpg", "Bo_0001.jpg"),
                        "labels": np.array([[1], [1], [2]]),
                        "testIndex": cells(np.array([[1], [3]]), np.array([[3], [2]]))})
      """, "blufr", "b.mat", ".")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try text(folder, "trial1.txt") == "Ann_Lee/Ann_Lee_0001.jpg 1\nBo/Bo_0001.jpg 2\n")
    #expect(try text(folder, "trial2.txt") == "Bo/Bo_0001.jpg 2\nAnn_Lee/Ann_Lee_0002.jpg 1\n")
  }

  @Test(.enabled(if: hasSciPy, "needs python3 with scipy")) func tinyFacesListsBecomeLabelledImages() throws {
    let (folder, result) = try convert(
      """
      savemat("p.mat", {"probe_set": cells("1_1.jpg", "2_3.jpg"), "probe_ids": np.array([[1], [2]])})
      savemat("g.mat", {"gallery_set": cells("1_2.jpg", "2_1.jpg"), "gallery_ids": np.array([[1], [2]])})
      os.mkdir("others")
      for name in ["-100_2.jpg", "-100_1.jpg"]: open("others/" + name, "w").close()
      """, "tinyface", "p.mat", "g.mat", "others", ".")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try text(folder, "probe.txt") == "1_1.jpg 1\n2_3.jpg 2\n")
    #expect(try text(folder, "gallery_match.txt") == "1_2.jpg 1\n2_1.jpg 2\n")
    #expect(try text(folder, "gallery_distractor.txt") == "-100_1.jpg\n-100_2.jpg\n")
  }

  @Test(.enabled(if: hasSciPy, "needs python3 with scipy")) func whatDoesNotFitIsRefusedAndNothingIsWritten()
    throws
  {
    let (folder, result) = try convert(
      """
      savemat("b.mat", {"imageList": cells("Ann_Lee_0001.jpg"), "labels": np.array([[1]]), "testIndex": cells(np.array([[1], [3]]))})
      """, "blufr", "b.mat", ".")
    #expect(
      result.status == 1 && result.errors == "convert-lists: b.mat: testIndex of trial 1 is not of 1 to 1\n")
    #expect(try folder.contents() == ["b.mat", "make.py"])
    let (_, other) = try convert("savemat('x.mat', {'y': np.array([[1]])})", "agedb", "x.mat", "pairs.txt")
    #expect(other.status == 1 && other.errors == "convert-lists: x.mat: no variable `splits`; there are y\n")
  }
}
