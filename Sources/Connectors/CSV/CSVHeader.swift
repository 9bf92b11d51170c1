import Pipelines
import Tabular

/// Finds columns of the same name, which the engine renames without a word.
struct CSVHeader {
  let read: FileRead
  let encoding: String
  let group: CSVGroup

  /// - Throws: `column-collision`.
  func check() async throws {
    guard group.dialect.hasHeader, !renamed.isEmpty else { return }
    let columns = group.names.indices.map { place -> SQL in "\(text: "c\(place)"): 'VARCHAR'" }
    let row =
      try await read.ask(
        """
        SELECT * FROM read_csv(\(text: group.paths[0]), columns = {\(columns)}, auto_detect = false, header = false, \
        delim = \(text: group.dialect.delimiter), quote = \(text: group.dialect.quote), escape = \(text: group.dialect.escape), \
        skip = \(group.dialect.skip), comment = \(text: group.dialect.comment), encoding = \(text: encoding)) LIMIT 1
        """
      ).first ?? []
    let names = row.map { $0 == .null ? "" : $0.description.trimmed }
    guard names.count == group.names.count else { return }
    for (place, first) in renamed where names[place].lowercased() == names[first].lowercased() {
      let words =
        names[place] == names[first]
        ? "Columns \(first + 1) and \(place + 1) of \"\(read.files.first)\" are both named \"\(names[place])\"."
        : "Columns \(first + 1) (\"\(names[first])\") and \(place + 1) (\"\(names[place])\") of \"\(read.files.first)\" differ only in case."
      throw Problem(
        "column-collision", words,
        hint:
          "Rename one of them in the file, or leave the names out with `header: false` and `skip: \(group.dialect.skip + 1)`: "
          + "then the columns are column0, column1, …", at: read.request.location)
    }
  }

  /// Columns that look as if the engine had given them a number, with the column they may collide with.
  private var renamed: [(place: Int, first: Int)] {
    group.names.enumerated().compactMap { place, name in
      guard let line = name.lastIndex(of: "_"), name[name.index(after: line)...].allSatisfy(\.isNumber) else {
        return nil
      }
      let base = name[..<line].lowercased()
      return group.names.firstIndex { $0.lowercased() == base }.flatMap { $0 == place ? nil : (place, $0) }
    }
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
