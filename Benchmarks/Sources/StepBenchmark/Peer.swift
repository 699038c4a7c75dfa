import BenchmarkSupport

/// Another program that trains the same network on the same batches.
enum Peer: String, CaseIterable {
  case eager, compile, jax

  var title: String {
    switch self {
    case .eager: "PyTorch eager"
    case .compile: "torch.compile"
    case .jax: "JAX"
    }
  }

  /// Trains from the file that our side exported, in a process of its own; nil where the machine cannot run it.
  func measurement(file: String, python: PythonPeer, folder: String, threads: Int, steps: Int) throws
    -> StepMeasurement?
  {
    try python.run(
      self == .jax ? "step_jax.py" : "step.py",
      [file, "--threads", "\(threads)", "--steps", "\(steps)"] + (self == .compile ? ["--compile"] : []),
      threads: threads,
      // Compiled once for all rounds, and gone with the folder.
      environment: ["TORCHINDUCTOR_CACHE_DIR": "\(folder)/inductor"])
  }
}
