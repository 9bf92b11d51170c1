import Foundation
import Pipelines
import TestSupport
import Testing

/// Runs the built program as a person would: `Cases/*.yaml` say what is typed and what must come out.
@Suite struct CommandLineTests {
  @Test(arguments: try AcceptanceCase.all())
  func commandLine(_ example: AcceptanceCase) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "weir-case-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in example.setting["files"]?.entries ?? [] {
      let place = folder.appending(path: file.key)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((file.value.text ?? "").utf8).write(to: place)
    }
    let result = try await example.run(in: folder)
    let exit = try #require(example.setting["exit"]?.text.flatMap(Int32.init))
    #expect(result.ending == .exited(exit), "\(result.output)\n\(result.errors)")
    for text in example.texts("stdout_contains") { #expect(result.output.contains(text), "\(result.output)") }
    for text in example.texts("stderr_contains") { #expect(result.errors.contains(text), "\(result.errors)") }
    for path in example.texts("files_after") {
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: path).path))
    }
    if let expected = example.setting["stdout_json"] {
      let printed = try SettingReader.read(result.output, file: "stdout")
      #expect(expected.isPart(of: printed), "\(result.output)")
    }
    #expect(!(result.output + result.errors).contains("hunter2-secret"))
  }
}

struct AcceptanceCase: Sendable, CustomTestStringConvertible {
  var setting: Setting
  var testDescription: String { setting["name"]?.text ?? "" }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()

  static func all() throws -> [AcceptanceCase] {
    let cases = folder.appending(path: "Cases")
    return try FileManager.default.contentsOfDirectory(atPath: cases.path).sorted().flatMap { file in
      try SettingReader.read(String(contentsOf: cases.appending(path: file), encoding: .utf8), file: file).elements.map
      {
        AcceptanceCase(setting: $0)
      }
    }
  }

  func texts(_ key: String) -> [String] { setting[key]?.elements.compactMap(\.text) ?? [] }

  func run(in folder: URL) async throws -> (ending: ChildProcess.Ending, output: String, errors: String) {
    let child = try ChildProcess(
      "/bin/sh", ["-c", "{ \"$WEIR\" \(setting["run"]?.text ?? "")\n} >stdout.txt 2>stderr.txt </dev/null"],
      environment: ["WEIR": Program.path(), "PATH": "/usr/bin:/bin"], in: folder.path)
    let ending = await child.ending()
    func read(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    return (ending, try read("stdout.txt"), try read("stderr.txt"))
  }
}

extension Setting {
  /// Whether everything this value says is also said by `other`, which may say more.
  fileprivate func isPart(of other: Setting) -> Bool {
    switch content {
    case .map(let entries): entries.allSatisfy { entry in other[entry.key].map { entry.value.isPart(of: $0) } ?? false }
    case .list(let elements):
      elements.count <= other.elements.count && zip(elements, other.elements).allSatisfy { $0.isPart(of: $1) }
    default: text == other.text
    }
  }
}
