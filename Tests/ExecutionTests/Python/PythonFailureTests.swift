import DuckDB
import Foundation
import Glibc
import Pipelines
import Synchronization
import Tabular
import TestSupport
import Testing

@testable import Execution

/// How a Python step fails: where, with which row, and leaving nothing behind.
@Suite struct PythonFailureTests {
  let bench: PythonBench
  private let three: SQL = "SELECT range AS n, 'x' || range AS t FROM range(3) ORDER BY n"
  init() throws { bench = try PythonBench() }

  @Test func anExceptionNamesRowAndLine() async throws {
    let problem = try await bench.problem(
      three,
      "def half(n):\n    return 10 // (n - 1)\n\ndef transform(row):\n    row['n'] = half(row['n'])\n    return row")
    #expect(problem?.code == "python-exception")
    #expect(
      problem?.message
        == "Step \"made\": row 2: ZeroDivisionError: integer division or modulo by zero (line 4: return 10 // (n - 1))"
        || problem?.message
          == "Step \"made\": row 2: ZeroDivisionError: division by zero (line 4: return 10 // (n - 1))",
      "\(problem as Any)")
    #expect(problem?.hint?.contains(#"The row was {"n":1,"t":"x1"}"#) == true)
    #expect(problem?.location == Location(file: "test.yaml", line: 4, column: 11))
    #expect(bench.landed == nil)
  }

  @Test func anUndeclaredColumnShowsWhatToAdd() async throws {
    let problem = try await bench.problem(
      three,
      "from decimal import Decimal\ndef transform(row):\n    return {**row, 'grade': 'A', 'total': Decimal('1.50')}")
    #expect(problem?.code == "python-undeclared-column")
    #expect(problem?.hint == "Add to the step:\n  returns:\n    grade: text\n    total: \"decimal(18,2)\"")
  }

  @Test func aValueOfAnotherTypeNamesRowAndColumn() async throws {
    let problem = try await bench.problem(
      three, "def transform(row):\n    row['n'] = 2 ** 70 if row['n'] == 2 else row['n']\n    return row")
    #expect(problem?.code == "python-value")
    #expect(problem?.message == "Step \"made\": row 3: column \"n\" is 1180591620717411303424, which is too large.")
    let float = try await bench.problem(three, "def transform(row):\n    return {'t': row['n'] / 2}")
    #expect(float?.message == "Step \"made\": row 1: column \"t\" is float 0.0, not text (str).")
  }

  @Test func rowsThatFailAreSetAside() async throws {
    let code =
      "def transform(row):\n    if row['n'] == 1: raise ValueError('one is odd')\n    return {'t': 5} if row['n'] == 2 else row"
    let events = try await bench.run(three, PythonBench.python(code, "on_error: skip"))
    #expect(events.outcome == .warning)
    #expect(bench.landed == [#"{"n":0,"t":"x0"}"#])
    #expect(events.rejected.map(\.count) == [2])
    #expect(bench.folder.lines("rejects.jsonl")?.count == 2)
    #expect(
      bench.folder.lines("rejects.jsonl")?.contains {
        $0.contains(#""original":"{\"n\":1,\"t\":\"x1\"}","position":"row 2","reason":"ValueError: one is odd (line"#)
      } == true)
  }

  @Test func valuesThatFailAreEmptied() async throws {
    let code = "def transform(row):\n    return {'half': 10 // (row['n'] - 1)}"
    let events = try await bench.run(three, PythonBench.python(code, "on_error: null\n    returns: { half: integer }"))
    #expect(events.outcome == .warning)
    #expect(
      bench.landed == [
        #"{"n":0,"t":"x0","half":-10}"#, #"{"n":1,"t":"x1","half":null}"#, #"{"n":2,"t":"x2","half":10}"#,
      ])
  }

  @Test(arguments: [
    ("def transform(row)\n    return row", "python-syntax"), ("def change(row):\n    return row", "python-no-function"),
    ("def transform(row):\n    row['n'] = 1", "python-no-function"),
    ("def transform(a, b):\n    return a", "python-no-function"),
    ("async def transform(row):\n    return row", "python-no-function"),
    ("def transform(row):\n    yield row", "python-no-function"),
    ("returns = 5\ndef transform(row):\n    return row", "python-no-function"),
  ])
  func badCodeIsFoundBeforeAnythingRuns(_ code: String, _ expected: String) async throws {
    let plan = try bench.plan("SELECT 1 AS n", PythonBench.python(code))
    let problems = #expect(throws: Problems.self) { try bench.check().readPrograms(of: plan) }
    #expect(problems?.all.map(\.code.description) == [expected])
    #expect((problems?.all.first?.location?.line ?? 0) >= 3)
  }

  @Test func aFunctionThatNeverEndsIsStopped() async throws {
    let problem = try await bench.problem(
      three, "def transform(row):\n    while True: pass\n    return row", "timeout: 0.3")
    #expect(
      problem?.code == "python-timeout" && problem?.message.contains("line 5: while True: pass") == true,
      "\(problem as Any)")
    let stubborn = try await bench.problem(
      three,
      "def transform(row):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass\n    return row",
      "timeout: 0.3")
    #expect(stubborn?.code == "python-timeout")
  }

  @Test func memoryIsBounded() async throws {
    let problem = try await bench.problem(
      three, "def transform(row):\n    row['t'] = 'x' * 500_000_000\n    return row", "memory: 200MB")
    #expect(problem?.code == "python-memory" && problem?.message.contains("200MB") == true, "\(problem as Any)")
  }

  @Test(arguments: [
    "import socket\ndef transform(row):\n    socket.create_connection(('127.0.0.1', 1))\n    return row",
    "import subprocess\ndef transform(row):\n    subprocess.run(['true'])\n    return row",
    "def transform(row):\n    open('/tmp/weir-escaped', 'w')\n    return row",
  ])
  func whatAFunctionMayNotDoIsRefused(_ code: String) async throws {
    let problem = try await bench.problem(three, code)
    #expect(
      problem?.code == "python-exception" && problem?.message.contains("PermissionError: A function") == true,
      "\(problem as Any)")
  }

  @Test func itsEnvironmentIsEmpty() async throws {
    setenv("WEIR_TEST_SECRET", "hunter2-secret", 1)
    let events = try await bench.run(
      three, PythonBench.python("import os\nprint(sorted(os.environ))\ndef transform(row):\n    return row"))
    let names = try #require(events.logs.first { $0.hasPrefix("[") })
    #expect(!names.contains("WEIR_TEST_SECRET") && names.contains("TMPDIR"))
  }

  @Test func cancellingEndsTheProcess() async throws {
    let id = Mutex<Int32>(0)
    let events = try await bench.run(
      three,
      PythonBench.python("import os\nprint(os.getpid())\ndef transform(row):\n    while True: pass\n    return row")
    ) { event, run in
      if case .log(_, let message) = event.kind, let number = Int32(message) {
        id.withLock { $0 = number }
        run.cancel()
      }
    }
    #expect(events.outcome == .cancelled)
    #expect(try await ends(id.withLock { $0 }))
    #expect(bench.landed == nil)
  }

  @Test func aReaderThatHasEnoughEndsTheProcess() async throws {
    let check = try bench.check()
    let code = "import os\ndef transform(row):\n    row['n'] = os.getpid()\n    return row"
    _ = try await check.check(try bench.plan("SELECT range AS n FROM range(10000000)", PythonBench.python(code)))
    let rows = try await check.engine.connect().query("SELECT n FROM made LIMIT 1").rows
    guard case .integer(let id) = rows[0][0] else { return #expect(Bool(false), "\(rows)") }
    #expect(try await ends(Int32(id)))
  }

  @Test func aReadThatFailsFailsTheStep() async throws {
    let events = try await bench.run(
      "SELECT CASE WHEN range < 25000 THEN range ELSE error('the source broke') END AS n FROM range(30000)",
      PythonBench.python("def transform(row):\n    return row"))
    #expect(events.outcome == .failed)
    #expect(events.problems.first?.message.contains("the source broke") == true, "\(events.problems)")
    #expect(bench.landed == nil)
  }

  @Test func aFloodOfPrintsIsCut() async throws {
    let events = try await bench.run(
      "SELECT range AS n FROM range(5000)", PythonBench.python("def transform(row):\n    print(row)\n    return row"))
    #expect(events.outcome == .success)
    #expect(events.logs.count { $0.hasPrefix("{'n'") } == 200)
    #expect(bench.landed?.count == 5000)
  }

  private func ends(_ process: Int32) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while kill(process, 0) == 0, ContinuousClock.now < deadline { await Task.yield() }
    return process > 0 && kill(process, 0) != 0
  }
}
