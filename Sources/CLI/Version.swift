import ArgumentParser
import Workspace

struct Version: AsyncParsableCommand {
  static let text = "0.1.0"
  static let configuration = CommandConfiguration(abstract: "Print the versions of Weir and its engine.")
  @OptionGroup var common: CommonOptions

  func run() async throws {
    struct Versions: Encodable { let weir, duckdb: String }
    let versions = Versions(weir: Self.text, duckdb: Diagnosis.engineVersion ?? "missing")
    try common.show(versions) { "weir \(versions.weir) (DuckDB \(versions.duckdb))\n" }
  }
}

struct Completion: AsyncParsableCommand {
  enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }
  static let configuration = CommandConfiguration(abstract: "Print a completion script for a shell.")
  @Argument(help: "bash, zsh or fish.") var shell: Shell
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let script = Weir.completionScript(for: CompletionShell(rawValue: shell.rawValue) ?? .bash)
    try common.show(["shell": shell.rawValue, "script": script]) { script + "\n" }
  }
}
