internal import CDuckDB
import Foundation

/// The engine's shared library, loaded once.
package enum Library {
  /// Where the engine and its extensions are: `WEIR_LIBRARIES`, else the nearest `.deps/duckdb` or `lib/weir` above the program.
  package static let folder: String = {
    if let folder = ProcessInfo.processInfo.environment["WEIR_LIBRARIES"] { return folder }
    let program =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    var directory = URL(fileURLWithPath: program).deletingLastPathComponent()
    while directory.path != "/" {
      for candidate in [".deps/duckdb", "lib/weir"] {
        let path = directory.appendingPathComponent(candidate).path
        if FileManager.default.fileExists(atPath: path + "/libduckdb.so") { return path }
      }
      directory.deleteLastPathComponent()
    }
    return ".deps/duckdb"
  }()

  package static var extensions: String { folder + "/extensions" }

  static let functions: Result<cduckdb_functions, DuckDBError> = {
    let path = ProcessInfo.processInfo.environment["WEIR_DUCKDB_LIBRARY"] ?? folder + "/libduckdb.so"
    var functions = cduckdb_functions()
    if let message = cduckdb_load(path, &functions) {
      defer { free(message) }
      return .failure(
        DuckDBError(
          kind: .library, message: "The engine \(path) can't be loaded: \(String(cString: message)). Run script/setup.")
      )
    }
    return .success(functions)
  }()

  /// The engine's version, `v1.5.5`.
  package static func version() throws(DuckDBError) -> String { text(try functions.get().library_version()) }
}

/// A C string of the engine's that stays the engine's.
func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

/// What the engine said when it refused.
package struct DuckDBError: Error, Sendable, CustomStringConvertible {
  /// The engine's own classes of errors that Weir tells apart.
  package enum Kind: Sendable {
    case library, binder, catalog, parser, conversion, invalidInput, io, memory, interrupted, other
  }
  package var kind: Kind
  package var message: String
  package var description: String { message }

  init(kind: Kind, message: String) {
    self.kind = kind
    self.message = message
  }

  init(_ message: String) {
    self.message = message
    kind =
      switch message.prefix(while: { $0 != ":" }) {
      case "Binder Error": .binder
      case "Catalog Error": .catalog
      case "Parser Error": .parser
      case "Conversion Error": .conversion
      case "Invalid Input Error": .invalidInput
      case "IO Error": .io
      case "Out of Memory Error": .memory
      case "INTERRUPT Error": .interrupted
      default: .other
      }
  }
}
