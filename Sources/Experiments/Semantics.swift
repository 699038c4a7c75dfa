/// The version of what a run's configuration means.
///
/// It is part of every run's identity, and is raised whenever the same configuration may give other results (a changed
/// loss, sampler, initialisation, evaluation rule, …). Results of an older version are then neither reused nor mixed.
public enum Semantics {
  public static let version = 1
}
