import Execution
import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// The rules of a pipeline are listed, added, changed and deleted in its file; all else in it stays, and it stays valid (DQ-04).
@Suite struct PipelineRuleTests {
  private static let text = """
    # Orders
    name: shop
    steps:
      - id: rows
        read: { from: rows.csv }
      - id: sane   # what must hold
        check:
          on: rows
          rules:
            - not_null: id   # the key
            - { range: { column: amount, max: 100 }, on_fail: warn }
            - use: usual_volume
            - email:
                column: email
              on_fail: flag
      # and out
      - id: out
        write: { from: sane, to: out.csv, mode: replace }

    """

  private struct Trial {
    let folder: TemporaryFolder
    let workspace: Workspace
    let file: String

    init(_ text: String = PipelineRuleTests.text, file: String = "pipelines/p.yaml") async throws {
      folder = try TemporaryFolder()
      self.file = folder.file(file)
      try FileManager.default.createDirectory(atPath: folder.file("pipelines"), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: self.file))
      try Data("id,amount,email\n1,5,a@x.org\n2,500,b\n3,7,c\n4,9,d@x.org\n".utf8).write(
        to: URL(fileURLWithPath: folder.file("rows.csv")))
      workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    }

    func text() throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
    func rules() async throws -> [PipelineRule] { try await workspace.rules(ofPipeline: file) }

    /// The problem an edit meets; the file must stay as it was.
    func problem(_ edit: (Trial) async throws -> Void) async throws -> Problem? {
      let before = try text()
      do { try await edit(self) } catch {
        #expect(try text() == before)
        return Problems.of(error).first
      }
      return nil
    }
  }

  private static func short(_ check: String, out: String = "sane") -> String {
    """
    name: shop
    steps:
      - id: rows
        read: { from: rows.csv }
      - id: sane
        \(check)
      - id: out
        write: { from: \(out), to: out.csv, mode: replace }

    """
  }

  @Test func rulesAreListedWithWhatTheyFound() async throws {
    let trial = try await Trial()
    let before = try await trial.rules()
    #expect(before.map(\.id) == ["sane.1", "sane.2", "sane.3", "sane.4"] && before.allSatisfy { $0.lastResult == nil })
    #expect(
      before.map(\.rule) == [
        "not_null: id", "range: { column: amount, max: 100 }", "use: usual_volume", "email: { column: email }",
      ])
    #expect(before.map(\.onFail) == [.stop, .warn, nil, .flag] && before.map(\.line) == [10, 11, 12, 13])
    #expect(before[0].words == "\"id\" has a value" && before[2].words == nil)
    let run = try await trial.workspace.run(RunRequest(try trial.workspace.pipeline(trial.file)))
    #expect(run.status == .warning, "\(run.problems)")
    let after = try await trial.rules()
    #expect(after.map { $0.lastResult?.passed } == [true, false, true, false])
    #expect(after[1].lastResult?.validPercent == 75 && after[3].lastResult?.failedRows == 2)
  }

  @Test func aRuleIsAddedToTheCheckThereIs() async throws {
    let trial = try await Trial()
    let change = try await trial.workspace.addRule(
      "accepted_values: { column: id, values: [1, 2] }", to: trial.file, onFail: .skip)
    #expect(
      change.lines == [
        "+ 16:         - accepted_values: { column: id, values: [1, 2] }", "+ 17:           on_fail: skip",
      ])
    #expect(
      try trial.text()
        == Self.text.replacing(
          "  # and out",
          with: "        - accepted_values: { column: id, values: [1, 2] }\n          on_fail: skip\n  # and out"))
    _ = try await trial.workspace.addRule("- unique: id", to: trial.file, step: "sane")
    #expect(try await trial.rules().last?.rule == "unique: id")
  }

  @Test(arguments: [
    ("check: [ not_null: id ]", "check: [ not_null: id, { email: email } ]"),
    ("check: { on: rows, not_null: id }", "check: { on: rows, rules: [{ not_null: id }, { email: email }] }"),
    ("check: { rules: { not_null: id } }", "check: { rules: [{ not_null: id }, { email: email }] }"),
    ("check: { not_null: id }", "check: [{ not_null: id }, { email: email }]"),
  ])
  func aRuleIsAddedToEveryForm(_ written: String, _ expected: String) async throws {
    let trial = try await Trial(Self.short(written))
    _ = try await trial.workspace.addRule("email: email", to: trial.file)
    #expect(try await trial.rules().map(\.rule) == ["not_null: id", "email: email"])
    let meaning = { (text: String) in try YAMLText.flow(SettingReader.read(text, file: "f")) }
    #expect(try meaning(trial.text()) == meaning(Self.short(expected)))
  }

  @Test func aPipelineWithoutChecksGetsOne() async throws {
    let bare = """
      name: shop
      steps:
        - id: rows
          read: { from: rows.csv }   # all of them
        - id: out
          write: { to: out.csv, mode: replace }

      """
    let trial = try await Trial(bare)
    _ = try await trial.workspace.addRule("not_null: email", to: trial.file, onFail: .warn)
    let check = """
        - id: rows_check
          check:
            on: rows
            rules:
              - { not_null: email, on_fail: warn }

      """
    #expect(try trial.text() == bare.replacing("  - id: out", with: check.dropFirst(0) + "  - id: out"))
    let run = try await trial.workspace.run(RunRequest(try trial.workspace.pipeline(trial.file)))
    #expect(run.checks.map(\.outcome.passed) == [true], "\(run.problems)")
  }

  @Test func whereItGoesMustBeClear() async throws {
    let trial = try await Trial(
      Self.short("check: [ not_null: id ]").replacing(
        "  - id: out", with: "  - id: more\n    check: [ unique: id ]\n  - id: out"))
    #expect(try await trial.problem { _ = try await $0.workspace.addRule("unique: id", to: $0.file) }?.code == "usage")
    #expect(
      try await trial.problem { _ = try await $0.workspace.addRule("unique: id", to: $0.file, step: "rows") }?.code
        == "usage")
    #expect(
      try await trial.problem { _ = try await $0.workspace.addRule("unique: id", to: $0.file, on: "row") }?.hint
        == "Did you mean \"rows\"?")
    _ = try await trial.workspace.addRule("row_count: { min: 1 }", to: trial.file, step: "more")
    #expect(try await trial.rules().map(\.id) == ["sane.1", "more.1", "more.2"])
    _ = try await trial.workspace.addRule("row_count: { min: 2 }", to: trial.file, step: "last", on: "more")
    #expect(try await trial.rules().map(\.id) == ["sane.1", "more.1", "more.2", "last.1"])
  }

  @Test func whatIsNotValidIsNotWritten() async throws {
    let trial = try await Trial()
    let typo = try await trial.problem { _ = try await $0.workspace.addRule("not_nul: id", to: $0.file) }
    #expect(typo?.code == "unknown-rule" && typo?.hint == "Did you mean \"not_null\"?")
    let setting = try await trial.problem { _ = try await $0.workspace.addRule("range: { colum: id }", to: $0.file) }
    #expect(setting?.code == "unknown-setting")
    let other = try await trial.problem {
      _ = try await $0.workspace.addRule(
        "relationships: { column: id, to: customers, field: id }", to: $0.file)
    }
    #expect(other?.code == "unknown-step" && other?.location == nil, "\(String(describing: other))")
    let template = try await trial.problem { _ = try await $0.workspace.addRule("use: contac", to: $0.file) }
    #expect(template?.code == "unknown-template" && template?.hint == "Did you mean \"contact\"?")
    let edited = try await trial.problem {
      _ = try await $0.workspace.changeRule("sane.1", of: $0.file, to: "not_null: {}")
    }
    #expect(edited?.code == "missing-setting", "\(String(describing: edited))")
    #expect(
      try await trial.problem { _ = try await $0.workspace.changeRule("sane.9", of: $0.file, onFail: .warn) }?.code
        == "unknown-rule")
  }

  @Test func aRuleIsChangedWhereItStands() async throws {
    let trial = try await Trial()
    _ = try await trial.workspace.changeRule("sane.1", of: trial.file, onFail: .skip)
    #expect(
      try trial.text()
        == Self.text.replacing("not_null: id   # the key", with: "not_null: id   # the key\n          on_fail: skip"))
    let second = try await Trial()
    let change = try await second.workspace.changeRule(
      "sane.2", of: second.file, to: "range: { column: amount, min: 0 }")
    #expect(
      change.lines == [
        "- 11:         - { range: { column: amount, max: 100 }, on_fail: warn }",
        "+ 11:         - { range: { column: amount, min: 0 }, on_fail: warn }",
      ])
    _ = try await second.workspace.changeRule("sane.3", of: second.file, onFail: .alert)
    _ = try await second.workspace.changeRule(
      "sane.4", of: second.file, to: "{ email: email, on_fail: stop }")
    #expect(try await second.rules().map(\.onFail) == [.stop, .warn, .alert, .stop])
    #expect(try await second.rules()[2].rule == "use: usual_volume")
  }

  @Test(arguments: [
    ("check: { on: rows, not_null: id }", "check: { on: rows, not_null: id, on_fail: warn }"),
    (
      "transform: [ { trim: email }, { field_validation: { field: email, validation_type: email } } ]",
      "transform: [ { trim: email }, { field_validation: { field: email, validation_type: email, on_fail: warn } } ]"
    ),
  ])
  func everyFormOfARuleCanBeChangedAndDeleted(_ written: String, _ expected: String) async throws {
    let trial = try await Trial(Self.short(written))
    let id = try #require(try await trial.rules().first?.id)
    _ = try await trial.workspace.changeRule(id, of: trial.file, onFail: .warn)
    #expect(try trial.text() == Self.short(expected))
    _ = try await trial.workspace.deleteRule(id, of: trial.file)
    #expect(try await trial.rules().isEmpty)
  }

  @Test func aRuleIsDeletedAndWithTheLastOneTheCheck() async throws {
    let trial = try await Trial()
    let change = try await trial.workspace.deleteRule("sane.1", of: trial.file)
    #expect(change.lines == ["- 10:         - not_null: id   # the key"])
    for _ in 0..<3 { _ = try await trial.workspace.deleteRule("sane.1", of: trial.file) }
    #expect(
      try trial.text() == """
        # Orders
        name: shop
        steps:
          - id: rows
            read: { from: rows.csv }
          # and out
          - id: out
            write: { from: rows, to: out.csv, mode: replace }

        """)
    let run = try await trial.workspace.run(RunRequest(try trial.workspace.pipeline(trial.file)))
    #expect(run.status == .success, "\(run.problems)")
  }

  @Test func aCheckThatOthersReadBySilentOrderStays() async throws {
    let text = """
      name: shop
      steps:
        - id: rows
          read: { from: rows.csv }
        - id: few
          transform: { on: rows, operations: [ filter: id > 1 ] }
        - id: sane
          check: { on: rows, rules: [ not_null: id ] }
        - id: out
          write: { to: out.csv, mode: replace }

      """
    let trial = try await Trial(text)
    #expect(
      try await trial.problem { _ = try await $0.workspace.deleteRule("sane", of: $0.file) }?.code == "cannot-edit")
  }

  @Test func aJSONFileStaysJSON() async throws {
    let text = """
      { "name": "shop", "steps": [
        { "id": "rows", "read": { "from": "rows.csv" } },
        { "id": "sane", "check": { "on": "rows", "rules": [ { "not_null": "id" } ] } },
        { "id": "out", "write": { "from": "sane", "to": "out.csv", "mode": "replace" } } ] }
      """
    let trial = try await Trial(text, file: "pipelines/p.json")
    _ = try await trial.workspace.addRule("accepted_values: { column: id, values: [1, x] }", to: trial.file)
    _ = try await trial.workspace.changeRule("sane.1", of: trial.file, onFail: .warn)
    _ = try JSONSerialization.jsonObject(with: Data(trial.text().utf8))
    #expect(try await trial.rules().map(\.onFail) == [.warn, .stop])
  }

  @Test func formsWithoutStepsAreLeftAlone() async throws {
    let trial = try await Trial(
      """
      { "name": "shop", "source": { "type": "csv", "path": "rows.csv" }, "destination": { "type": "csv", "path": "out.csv" } }
      """, file: "pipelines/p.json")
    #expect(try await trial.rules().isEmpty)
    #expect(
      try await trial.problem { _ = try await $0.workspace.addRule("unique: id", to: $0.file) }?.code == "cannot-edit")
  }
}
