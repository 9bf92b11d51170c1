import Tabular

/// A Python function that makes rows of rows, and what it may do.
package struct PythonProgram: Sendable {
  /// Where the code is.
  package enum Origin: Sendable {
    case code(PlacedText)
    /// Relative to the pipeline's file.
    case file(PlacedText)
    /// `functions/NAME.py` of the workspace.
    case function(PlacedText)
  }

  /// What happens to a row at which the function raises, or whose result doesn't fit.
  package enum OnError: String, AliasedChoice {
    case stop, skip, null
    package static let otherSpellings: [String: OnError] = [
      "fail": .stop, "error": .stop, "deadletter": .skip, "reject": .skip, "empty": .null,
    ]
  }

  package var origin: Origin
  /// Columns that are new or get another type.
  package var returns: [Column]
  /// Seconds for one batch of rows, or for the one call with a table.
  package var timeout: Double
  package var memoryBytes: Int
  package var hasNetwork: Bool
  package var onError: OnError
  package var location: Location

  package init(
    origin: Origin, returns: [Column], timeout: Double, memoryBytes: Int, hasNetwork: Bool, onError: OnError,
    location: Location
  ) {
    self.origin = origin
    self.returns = returns
    self.timeout = timeout
    self.memoryBytes = memoryBytes
    self.hasNetwork = hasNetwork
    self.onError = onError
    self.location = location
  }
}

/// `returns:`, column → type. A type is a name (`decimal(18,2)`, `text[]`), a map of fields, or a list with the type of its elements.
package struct ReturnedColumns: SettingValue {
  package var columns: [Column] = []
  package init() {}
  package static var kind: SettingKind { .map }
  package var display: String? { nil }

  package init(setting: Setting) throws(Problem) {
    guard case .map(let entries) = setting.content else {
      throw Problem(
        "wrong-type", "must be a map of column to type.", hint: "For example returns: { grade: text }.",
        at: setting.location)
    }
    for entry in entries {
      _ = try FieldName(checking: entry.key, at: entry.keyLocation)
      guard !columns.contains(where: { $0.name.lowercased() == entry.key.lowercased() }) else {
        throw Problem("column-collision", "names the column \"\(entry.key)\" twice.", at: entry.keyLocation)
      }
      columns.append(Column(entry.key, try Self.type(entry.value)))
    }
  }

  /// - Throws: `unknown-type`, `wrong-type`.
  package static func type(_ setting: Setting) throws(Problem) -> DataType {
    switch setting.content {
    case .map: return .structure(try ReturnedColumns(setting: setting).columns)
    case .list(let elements):
      guard elements.count == 1 else {
        throw Problem(
          "wrong-type", "must have one type for all elements of a list, as in [text].", at: setting.location)
      }
      return .list(try type(elements[0]))
    default:
      guard let text = setting.text, text.hasSuffix("[]") else { return try TypeName(setting: setting).type }
      return .list(try type(Setting(.text(String(text.dropLast(2))), at: setting.location)))
    }
  }
}
