import ArgumentParser
import Experiments
import FeatureStores
import Foundation

/// `likeness import INPUT… --output STORE`: features of other programs to a store.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write features of other programs as a feature store.",
    discussion: """
      An input is one of

        FILE.npy, FILE.npz, FILE.npz#KEY   a NumPy array [rows, dimension] of f2, f4 or f8; of an archive the array ‘features’ or
                                           ‘embeddings’, or its only such array. Its arrays names, labels, identities, media, templates,
                                           quality, pose and features_flipped are taken along. Pickles are never opened
        FILE.bin                           a matrix as OpenCV writes it
        FOLDER --list LIST.json            MegaFace's layout: FOLDER/PATH with a suffix for every path of the list. Images are named by
                                           their paths without extension; the list's ‘id’ gives identities
        FILE.csv                           a header, then a line an image; the columns name, identity, label, media, template, quality and
                                           pose are what they say, all others the features

      Several inputs are joined in their order. Files of names and the like hold a value a line, or are NumPy arrays (FILE.npy, FILE.npz#KEY). The
      store appears when it is complete.

        likeness import embeddings.npy --names names.txt --identities people.txt --output store.h5
        likeness import facescrub megaface --list facescrub_features_list.json --list megaface_features_list.json_1000000_1 \\
          --suffix _r100.bin --output megaface.h5
      """)

  @Argument(help: ArgumentHelp("Files or folders of features.", valueName: "input"))
  var inputs: [String]

  @Option(help: ArgumentHelp("The store to write: path.h5, or path.h5#group.", valueName: "store"))
  var output: String

  @Option(help: ArgumentHelp("Image ids, which list files refer to.", valueName: "file"))
  var names: [String] = []

  @Option(
    help: ArgumentHelp(
      "The person of each row, by name or number. Labels are numbered in the order of first appearance.",
      valueName: "file"))
  var identities: [String] = []

  @Option(help: ArgumentHelp("The label of each row, 0, 1, 2, … without gaps.", valueName: "file"))
  var labels: [String] = []

  @Option(help: ArgumentHelp("The name of each label.", valueName: "file"))
  var labelNames: String?

  @Option(help: ArgumentHelp("The media id of each row (IJB).", valueName: "file"))
  var media: [String] = []

  @Option(help: ArgumentHelp("The template id of each row (IJB).", valueName: "file"))
  var templates: [String] = []

  @Option(help: ArgumentHelp("The detector score or another quality of each row.", valueName: "file"))
  var quality: [String] = []

  @Option(help: ArgumentHelp("The pose of each row: 0 frontal, 1 profile.", valueName: "file"))
  var pose: [String] = []

  @Option(
    help: ArgumentHelp("Features of the mirrored images, in the order of the inputs.", valueName: "file"))
  var flipped: [String] = []

  @Option(name: .customLong("list"), help: ArgumentHelp("The list of a folder's images.", valueName: "json"))
  var lists: [String] = []

  @Option(help: "What follows an image's path in the names of a folder's files.")
  var suffix: String = ".bin"

  @Option(
    name: .customLong("column"),
    help: ArgumentHelp("A CSV column by another header, such as name=filename.", valueName: "part=header"))
  var columns: [String] = []

  @Option(name: .customLong("ignore"), help: ArgumentHelp("A CSV column to leave out.", valueName: "header"))
  var ignored: [String] = []

  @Option(help: "Put before every name.")
  var namePrefix: String = ""

  @Flag(help: "Drop the extensions of names: images.jpg becomes images.")
  var dropExtensions = false

  @Flag(help: "Store the features in half precision.")
  var float16 = false

  @Option(help: "Compress the features with gzip at this level, 1 to 9.")
  var gzip: Int?

  @Option(help: "Where the images come from.")
  var source: String?

  @Option(help: "The terms under which the features may be used.")
  var licence: String?

  @Option(help: "The network and preprocessing that made the features.")
  var extractor: String?

  @Option(help: "When the features were made.")
  var created: String?

  @Flag(help: "Replace a store that is there.")
  var replace = false

  func validate() throws {
    if let gzip, !(1...9).contains(gzip) { throw ValidationError("--gzip must be from 1 to 9.") }
    _ = try renamed()
  }

  private func renamed() throws -> [ImportedPart: String] {
    var renamed: [ImportedPart: String] = [:]
    for column in columns {
      let parts = column.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      guard parts.count == 2, let part = ImportedPart.allCases.first(where: { $0.column == parts[0] }) else {
        throw ValidationError(
          "--column is PART=HEADER with one of \(ImportedPart.allCases.map(\.column).joined(separator: ", ")); ‘\(column)’ is not."
        )
      }
      guard renamed.updateValue(parts[1], forKey: part) == nil else {
        throw ValidationError("--column \(parts[0]) is given twice.")
      }
    }
    return renamed
  }

  private func options() throws -> FeatureImport.Options {
    var options = FeatureImport.Options()
    options.lists = lists
    options.suffix = suffix
    options.renamed = try renamed()
    options.ignored = ignored
    options.columns = [
      .names: names, .identities: identities, .labels: labels, .media: media, .templates: templates,
      .quality: quality, .pose: pose,
    ].filter { !$0.value.isEmpty }
    options.labelNames = labelNames
    options.flipped = flipped
    options.namePrefix = namePrefix
    options.dropsExtensions = dropExtensions
    return options
  }

  func run() throws {
    let location = StoreLocation(output)
    try location.refuseReplacing(replace)
    let features = try FeatureImport(
      inputs, options: options(),
      attributes: StoreAttributes(
        source: source, licence: licence, extractor: extractor, created: created))
    for note in features.notes { FileHandle.standardError.write(Data("note: \(note)\n".utf8)) }
    // Chunks of about a mebibyte.
    let chunkRows = max(1, min(features.rowCount, (1 << 18) / features.dimension))
    let layout = StoreLayout(
      storage: gzip.map { .gzip(level: $0, rows: chunkRows) } ?? .contiguous,
      precision: float16 ? .float16 : .float32)
    let interruption = Interruption()
    let listener = interruption.listen()
    let progress = RowProgress(total: features.rowCount)
    let result = Result {
      try features.write(to: location, layout: layout) { rows in
        progress.show(rows)
        if interruption.isRequested { throw CancellationError() }
      }
    }
    progress.finish()
    withExtendedLifetime(listener) {}
    try result.get()
    let flipped = features.hasFlippedFeatures ? ", mirrored images too" : ""
    print("\(output): \(features.rowCount) rows × \(features.dimension)\(flipped)")
    if features.metadata.names == nil {
      FileHandle.standardError.write(
        Data("note: without names (--names) no protocol finds its images in the store\n".utf8))
    }
  }
}
