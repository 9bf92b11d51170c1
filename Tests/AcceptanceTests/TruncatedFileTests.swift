import Foundation
import TestSupport
import Testing

/// Packed files that end too early, through the program: nothing lands, and the place is told.
@Suite(.timeLimit(.minutes(10))) struct TruncatedFileTests {
  @Test(arguments: ["gz", "zst"]) func nothingLandsOfAFileThatEndsTooEarly(_ ending: String) async throws {
    let program = try Program()
    func put(_ text: String, _ path: String) throws {
      try Data(text.utf8).write(to: URL(filePath: program.folder.file(path)))
    }
    try put(
      """
      name: make
      steps:
        - { id: rows, transform: { sql: "SELECT range AS id, md5(range::VARCHAR) AS v FROM range(50000)" } }
        - { id: w, write: { from: rows, to: whole.csv.\(ending), mode: replace } }
      """, "make.yaml")
    let made = try await program.weir("run", "make.yaml")
    try #require(made.status == 0, "\(made)")
    let whole = try Data(contentsOf: URL(filePath: program.folder.file("whole.csv.\(ending)")))
    let server = try HTTPServer()
    server.put("/cut.csv.\(ending)", .bytes(whole.prefix(whole.count * 2 / 3)))
    try whole.prefix(whole.count * 2 / 3).write(to: URL(filePath: program.folder.file("cut.csv.\(ending)")))
    try put("id,v\n1,old\n", "out.csv")
    for place in [server.address("/cut.csv.\(ending)"), "cut.csv.\(ending)"] {
      try put(
        "name: cut\nsteps:\n  - { id: r, read: { from: \"\(place)\" } }\n  - { id: w, write: { from: r, to: out.csv, mode: replace } }\n",
        "cut.yaml")
      let run = try await program.weir("run", "cut.yaml")
      #expect(run.status == 1 && "\(run)".contains("truncated-file") && "\(run)".contains("cut.yaml:3"), "\(run)")
      #expect(try String(contentsOfFile: program.folder.file("out.csv"), encoding: .utf8) == "id,v\n1,old\n")
    }
    for query in [
      "FROM 'cut.csv.\(ending)'", "FROM read_csv(['whole.csv.\(ending)', 'cut.csv.\(ending)'])",
      "FROM 'c*.csv.\(ending)'",
    ] {
      let found = try await program.weir("query", "SELECT count(*) \(query)")
      #expect(found.status == 1 && found.errors.contains("truncated-file"), "\(query): \(found)")
    }
    let good = try await program.weir("query", "SELECT count(*) AS n FROM 'whole.csv.\(ending)'", "-o", "json")
    #expect(good.status == 0 && good.output.contains("50000"), "\(good)")
  }
}
