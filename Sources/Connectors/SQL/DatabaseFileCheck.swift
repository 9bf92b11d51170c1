import Pipelines

extension ConnectionReport {
  /// Of a database that is a file: whether it is there, may be read, and how many tables it has.
  static func ofDatabase(
    at path: String, exists: @escaping () throws -> Void, tables: @escaping () async throws -> Int
  ) async -> ConnectionReport {
    await .of([
      (
        .connection,
        {
          try exists()
          return FileTarget.normal(path)
        }
      ),
      (
        .authentication,
        {
          try FileSet.mayRead(path)
          return nil
        }
      ),
      (
        .query,
        {
          let count = try await tables()
          return "\(count) table\(count == 1 ? "" : "s")"
        }
      ),
    ])
  }
}
