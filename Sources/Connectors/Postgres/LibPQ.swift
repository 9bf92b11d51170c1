internal import CLibPQ
import Glibc
import Pipelines

/// PostgreSQL's client library, loaded once per process.
enum LibPQ {
  private static let loaded: Result<clibpq_functions, Problem> = {
    let path = getenv("WEIR_LIBPQ_LIBRARY").map { String(cString: $0) } ?? "libpq.so.5"
    var functions = clibpq_functions()
    guard let message = clibpq_load(path, &functions) else { return .success(functions) }
    defer { free(message) }
    return .failure(
      Problem(
        "missing-library", "PostgreSQL's client library could not be loaded: \(String(cString: message)).",
        hint: "Install Debian's package libpq5, or set WEIR_LIBPQ_LIBRARY to the library's path."))
  }()

  /// - Throws: a `Problem` `missing-library`.
  static func functions() throws(Problem) -> clibpq_functions { try loaded.get() }
}
