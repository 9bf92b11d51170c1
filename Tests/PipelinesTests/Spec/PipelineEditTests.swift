import TestSupport
import Testing

@testable import Pipelines

@Suite struct PipelineEditTests {
  private static let text = """
    # Orders of the shop.
    name: orders   # a name
    schedule: { cron: "0 6 * * *", timezone: Europe/Berlin } # mornings
    steps:
      # first
      - id: orders
        read: { from: shop, table: public.orders } # the source
        timeout: 10m

      - id: clean # second
        transform:
          - filter: "amount > 0"   # no refunds
          - trim: name
      - id: daily
        transform:
          sql: |
            -- per day
            SELECT clean.day, sum(amount) AS clean_sum FROM clean WHERE note <> 'clean'
            GROUP BY ALL
      # last
      - id: publish
        write:
          from: daily
          to: lake # the target
          table: revenue
    tests:
      - given: { clean: [{ day: 1 }] }
        expect: { daily: [] }
    """

  private func edited(_ edit: (inout PipelineEdit) throws -> Void) throws -> [String] {
    var file = PipelineEdit(Self.text, file: "p.yaml")
    try edit(&file)
    let before = Self.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let after = file.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return after.difference(from: before).map { change in
      switch change {
      case .insert(_, let line, _): "+" + line
      case .remove(_, let line, _): "-" + line
      }
    }
  }

  @Test func aValueIsReplacedAndNothingElse() throws {
    #expect(
      try edited { try $0.set(["name"], to: .text("daily orders")) } == [
        "-name: orders   # a name", "+name: daily orders   # a name",
      ])
    #expect(
      try edited { try $0.set(["steps", "orders", "read", "table"], to: .text("public.sales")) } == [
        "-    read: { from: shop, table: public.orders } # the source",
        "+    read: { from: shop, table: public.sales } # the source",
      ])
    #expect(
      try edited { try $0.set(["steps", "clean", "transform", "0"], to: .map([])) } == [
        "-      - filter: \"amount > 0\"   # no refunds", "+      - {}   # no refunds",
      ])
    #expect(try edited { try $0.set(["schedule"], to: .text("@daily")) }.last == "+schedule: \"@daily\" # mornings")
    #expect(
      try edited { try $0.set(["steps", "publish", "write", "to"], to: .text("warehouse")) }.last
        == "+      to: warehouse # the target")
  }

  @Test func aMissingKeyIsAdded() throws {
    #expect(
      try edited { try $0.set(["steps", "publish", "write", "mode"], to: .text("replace")) } == ["+      mode: replace"]
    )
    #expect(
      try edited { try $0.set(["steps", "orders", "read", "limit"], to: .integer(10)) }.last
        == "+    read: { from: shop, table: public.orders, limit: 10 } # the source")
    #expect(try edited { try $0.set(["steps", "clean", "timeout"], to: .text("5m")) } == ["+    timeout: 5m"])
  }

  @Test func textOfSeveralLinesKeepsItsComments() throws {
    let lines = try edited { try $0.set(["steps", "daily", "transform", "sql"], to: .text("SELECT 1\nFROM clean\n")) }
    #expect(lines.filter { $0.hasPrefix("+") } == ["+        SELECT 1", "+        FROM clean"])
    #expect(lines.filter { $0.hasPrefix("-") }.count == 3)
    let schedule = try edited { try $0.set(["name"], to: .text("a\nb\n")) }
    #expect(schedule.filter { $0.hasPrefix("+") } == ["+name: |   # a name", "+  a", "+  b"])
  }

  @Test func valuesAreRemoved() throws {
    #expect(try edited { try $0.remove(["steps", "orders", "timeout"]) } == ["-    timeout: 10m"])
    #expect(
      try edited { try $0.remove(["schedule", "timezone"]) }.last == "+schedule: { cron: \"0 6 * * *\" } # mornings")
    #expect(
      try edited { try $0.remove(["schedule", "cron"]) }.last == "+schedule: { timezone: Europe/Berlin } # mornings")
    #expect(try edited { try $0.remove(["steps", "clean", "transform", "1"]) } == ["-      - trim: name"])
    #expect(
      try edited { try $0.removeStep("clean") }.sorted()
        == [
          "-  - id: clean # second", "-    transform:", "-      - filter: \"amount > 0\"   # no refunds",
          "-      - trim: name",
        ].sorted())
  }

  @Test func aStepIsAdded() throws {
    let spec = try PipelineParser.asWritten.parse("steps: [{ id: extra, transform: [trim: name] }]", file: "x")
    let lines = try edited { try $0.addStep(spec.steps[0], after: "clean") }
    #expect(lines == ["+  - id: extra", "+    transform:", "+      - trim: name"])
    let last = try edited { try $0.addStep(spec.steps[0]) }
    #expect(last == lines)
  }

  @Test func aStepIsRenamedWhereverItIsNamed() throws {
    let lines = try edited { try $0.renameStep("clean", to: "tidy") }
    #expect(
      lines.filter { $0.hasPrefix("+") } == [
        "+  - id: tidy # second", "+        SELECT tidy.day, sum(amount) AS clean_sum FROM tidy WHERE note <> 'clean'",
        "+  - given: { tidy: [{ day: 1 }] }",
      ])
  }

  @Test func whatCanNotBeEditedStaysAsItWas() {
    for text in ["steps: &a [x]\nb: *a\n", "steps: []\n", "{}", ""] {
      var file = PipelineEdit(text, file: "p.yaml")
      #expect(throws: Problems.self) { try file.set(["b", "c"], to: .text("x")) }
      #expect(file.text == text)
    }
    var file = PipelineEdit(Self.text, file: "p.yaml")
    #expect(throws: Problems.self) { try file.removeStep("nowhere") }
    #expect(throws: Problems.self) { try file.renameStep("clean", to: "not plain") }
    #expect(file.text == Self.text)
  }

  /// Whatever is edited: either the text means exactly what was asked for, or it stays as it was.
  @Test func editsOfAnyFileAreExactOrRefused() throws {
    var numbers = SeededNumbers(seed: 3)
    var done = 0
    for name in [
      "daily-orders.yaml", "canonical/wind-farm.yaml", "documents/ecommerce-orders.json", "documents/wind-farm.json",
    ] {
      let text = try Fixtures.text(name)
      let paths = Self.paths(of: try SettingReader.read(text, file: name))
      for _ in 0..<60 {
        var file = PipelineEdit(text, file: name)
        let path = paths.randomElement(using: &numbers) ?? []
        do {
          if Bool.random(using: &numbers) {
            try file.set(path, to: .text(["x", "a: b", "two\nlines\n", ""].randomElement(using: &numbers) ?? ""))
          } else {
            try file.remove(path)
          }
          done += 1
          #expect(file.text != text || path.isEmpty)
        } catch { #expect(file.text == text) }
      }
    }
    #expect(done > 150)
  }

  private static func paths(of setting: Setting) -> [[String]] {
    switch setting.content {
    case .map(let entries): entries.flatMap { entry in [[entry.key]] + paths(of: entry.value).map { [entry.key] + $0 } }
    case .list(let elements):
      elements.enumerated().flatMap { index, element in
        [[String(index)]] + paths(of: element).map { [String(index)] + $0 }
      }
    default: []
    }
  }
}
